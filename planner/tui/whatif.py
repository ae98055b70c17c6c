"""The main screen: the request on the left, what it comes to on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Tab, Tabs

from planner.explore.knob import LENGTHS
from planner.manual import page_of
from planner.tui import doings
from planner.tui.controls import Control, Controls, Edit
from planner.tui.jump import Jump
from planner.tui.keybar import KeyBar, idle_keys
from planner.tui.page import rule_page
from planner.tui.panels.alternatives import AlternativesPanel
from planner.tui.panels.cluster import ClusterPanel
from planner.tui.panels.findings import Explain, FindingsPanel, Mend
from planner.tui.panels.memory import MemoryPanel
from planner.tui.panels.panel import Panel
from planner.tui.panels.plot import ContextPanel
from planner.tui.panels.speed import SpeedPanel
from planner.tui.screens.card import Reading
from planner.tui.title import Title, title_parts

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import DescendantFocus

    from planner.errors import PlannerError
    from planner.explore.look import View
    from planner.finding import Finding
    from planner.plan import Answer
    from planner.request import Request

#: panels that share a place on a small screen, with the word on their tab
SHARED = {
    "findings": "findings",
    "alternatives": "layouts",
    "context": "room",
    "speed": "speed",
    "cluster": "cluster",
}
#: every part of the screen, in the order of its number key
PARTS = ("controls", "memory", *SHARED)
_LETTERS = "asdfghjkl"


class WhatIf(Screen[None]):
    """Turn a field, and see what it costs."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as textual declares it
        (0, "-narrow"),
        (110, "-normal"),
        (150, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-high")]  # noqa: RUF012 - as above
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fix", "fix", id="fix"),
        Binding("e", "explain", "explain", id="explain"),
        Binding("b", "do('best')", "best", id="best"),
        Binding("space", "do('pin')", "pin", id="pin"),
        Binding("c", "do('compare')", "compare", id="compare"),
        Binding("l", "do('launch')", "launch", id="launch"),
        Binding("s", "do('save')", "save", id="save"),
        Binding("f1,question_mark", "do('help_')", "help", id="help", key_display="?"),
        Binding("q", "app.leave", "quit", id="leave"),
        Binding("m", "do('models')", "models", id="models"),
        Binding("g", "do('hardware')", "GPUs", id="hardware"),
        Binding("o", "do('open_')", "open", id="open"),
        Binding("w", "load", "workload", id="workload"),
        Binding("u", "do('undo')", "undo", id="undo"),
        Binding("y", "do('copy')", "copy", id="copy"),
        Binding("t", "tables", "text", id="tables"),
        Binding("ctrl+o", "jump", "jump", id="jump"),
        Binding("escape", "back", "to the fields", id="back", show=False),
        *(
            Binding(str(number), f"go('{name}')", f"go to {name}", id=f"go.{name}", show=False)
            for number, name in enumerate(PARTS, 1)
        ),
    ]

    def compose(self) -> ComposeResult:
        """Title, both sides, keys."""
        yield Title(id="title")
        with Horizontal(id="body"):
            yield Controls(id="controls")
            with Container(id="panels"):
                yield MemoryPanel("memory")
                yield Tabs(
                    *(Tab(word, id=f"tab-{name}") for name, word in SHARED.items()), id="tabs"
                )
                with Container(id="shared"):
                    yield FindingsPanel("findings")
                    yield ClusterPanel("cluster")
                    yield AlternativesPanel("alternatives")
                    yield ContextPanel("context")
                    yield SpeedPanel("speed")
        yield KeyBar()

    @property
    def controls(self) -> Controls:
        """The left side."""
        return self.query_one(Controls)

    @property
    def findings(self) -> FindingsPanel:
        """What is wrong."""
        return self.query_one(FindingsPanel)

    _field: Control | None = None

    def on_mount(self) -> None:
        """The first field has the focus."""
        self.query_one(Tabs).can_focus = False
        self.query(Control).first().focus(scroll_visible=False)

    def show(self, request: Request, view: View | None, pin: View | None) -> None:
        """Draw another answer."""
        self.query_one(Title).parts = title_parts(request, view)
        self.query_one(KeyBar).idle = idle_keys(view, pin)
        speed = self.query_one(SpeedPanel)
        for panel in self.query(Panel):
            panel.show(view, pin)
        self.query_one("#shared").set_class(speed.chart() is None, "-no-speed")

    def rank(self, answer: Answer | None) -> None:
        """Draw the layouts that one could have instead."""
        for panel in self.query(Panel):
            panel.rank(answer)

    def fail(self, error: PlannerError | None) -> None:
        """Say why there is no answer."""
        self.findings.fail(error)

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """One of the panels that share a place."""
        self._choose((event.tab.id or "").removeprefix("tab-"))

    def _choose(self, chosen: str) -> None:
        for name in SHARED:
            self.query_one(f"#{name}").set_class(name == chosen, "-chosen")

    def on_edit(self, message: Edit) -> None:
        """A field is to be typed."""
        doings.edit(self.app, message.knob)

    def on_explain(self, message: Explain) -> None:
        """The page of a rule is wanted."""
        self._explain(message.finding)

    def _explain(self, finding: Finding) -> None:
        self.app.push_screen(Reading(finding.code, rule_page(page_of(finding.code))))

    def action_do(self, name: str) -> None:
        """What a key of this screen does: a function of ``doings``."""
        getattr(doings, name)(self.app)

    def action_fix(self) -> None:
        """Do what the finding under the cursor says, else the first that names an option."""
        chosen = self.findings.chosen
        if chosen is None:
            self.app.notify("there is nothing to fix")
        else:
            self.app.post_message(Mend(chosen))

    def action_explain(self) -> None:
        """The page of the rule under the cursor."""
        chosen = self.findings.chosen
        if chosen is None:
            self.app.notify("there is no finding to explain")
        else:
            self._explain(chosen)

    def action_jump(self) -> None:
        """Letters on the parts of the screen."""
        parts = [name for name in PARTS if self.query_one(f"#{name}").region.area]
        letters = dict(zip(_LETTERS, parts, strict=False))
        places = {key: self.query_one(f"#{name}").region for key, name in letters.items()}
        self.app.push_screen(
            Jump(places), lambda key: self.action_go(letters[key]) if key else None
        )

    def action_tables(self) -> None:
        """Figures for drawings, and back."""
        panels = list(self.query(Panel))
        as_text = not panels[0].as_text
        for panel in panels:
            panel.as_text = as_text

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Remember the field, to come back to it."""
        if isinstance(event.widget, Control):
            self._field = event.widget

    def action_back(self) -> None:
        """To the field that had the focus last."""
        (self._field or self.query(Control).first()).focus()

    def action_load(self) -> None:
        """To the load that is asked about, and its targets."""
        self.query_one(f"#knob-{LENGTHS}").focus()

    def action_go(self, name: str) -> None:
        """Go to a part; on a small screen it comes to the front."""
        if name in SHARED:
            self.query_one(Tabs).active = f"tab-{name}"
            self._choose(name)
        target = self.query_one(f"#{name}")
        inside = (each for each in target.walk_children(Widget) if each.can_focus)
        (target if target.can_focus else next(inside, target)).focus()
