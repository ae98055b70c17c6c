"""What each launcher would write, to be read, copied and kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static, Tab, Tabs

from planner.errors import PlannerError
from planner.explore.launching import Preview, preview
from planner.launch.base import launchers
from planner.runtime.launch.folder import write_files
from planner.tui.screens.card import Card
from planner.tui.screens.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

    from planner.plan import Answer

_FIRST = "local"


class Launch(Card[None]):
    """A tab for each launcher."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "other ways", id="launch.before"),
        Binding("right", "turn(1)", "other ways", id="launch.after"),
        Binding("y", "copy", "copy", id="launch.copy"),
        Binding("s", "save", "save", id="launch.save"),
    ]

    def __init__(self, answer: Answer, environ: Mapping[str, str]) -> None:
        super().__init__("launch")
        self._answer, self._environ = answer, environ
        self._names = sorted(launchers(), key=lambda name: (name != _FIRST, name))
        self._shown = Preview(launcher=_FIRST)

    def body(self) -> Iterable[Widget]:
        """Names above, what each writes below."""
        tabs = Tabs(*(Tab(name, id=f"to-{name}") for name in self._names))
        tabs.can_focus = False
        yield tabs
        with VerticalScroll() as page:
            page.can_focus = True
            yield Static(id="text", markup=False)

    def on_mount(self) -> None:
        """Arrow keys go through the text."""
        self.query_one(VerticalScroll).focus()

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """Show what one launcher writes."""
        name = (event.tab.id or "").removeprefix("to-")
        self._shown = preview(self._answer, name, self._environ)
        self.query_one("#text", Static).update(self._shown.text)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_turn(self, by: int) -> None:
        """The next launcher, or the one before."""
        tabs = self.query_one(Tabs)
        if by > 0:
            tabs.action_next_tab()
        else:
            tabs.action_previous_tab()

    def action_copy(self) -> None:
        """All that is shown."""
        self.app.copy_to_clipboard(self._shown.text)
        self.notify(f"copied what {self._shown.launcher} needs")

    def action_save(self) -> None:
        """Write the files to a folder."""
        if not self._shown.files:
            self.notify("there is nothing to write", severity="warning")
            return
        card = Prompt("write to", text=self._shown.launcher, note="a folder; or a file, for one")
        self.app.push_screen(card, self._write)

    def _write(self, folder: str | None) -> None:
        if not folder:
            return
        try:
            written = write_files(self._shown.files, Path(folder), force=False)
        except PlannerError as error:
            self.notify(f"{error.message}; {error.fix}", severity="error")
        else:
            self.notify(f"wrote {', '.join(map(str, written))}")
