"""What is wrong or could be better."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from planner.report.parts.tables import SEVERITY_STYLES
from planner.report.parts.words import summary
from planner.tui.panels.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Hashable

    from textual.app import ComposeResult

    from planner.errors import PlannerError
    from planner.finding import Finding

_BEGIN = (
    "m chooses a model, g the GPUs, o opens a plan. Then every field on the left can be turned "
    "with the arrow keys; ? says more."
)
_NO_GPUS = "g chooses GPUs: then the layouts, their memory and their speed are worked out."
_AGAIN = "m chooses another model, g other GPUs, u takes the last change back"


class Explain(Message):
    """The page of a finding's rule is wanted."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding


class Mend(Message):
    """What a finding says to change is to be done."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding


class _List(OptionList):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False),
        Binding("k", "cursor_up", "up", show=False),
    ]


class FindingsPanel(Panel, Vertical, can_focus=False):
    """Findings, the worst first."""

    TITLE: ClassVar[str] = "findings"
    HELP: ClassVar[str] = (
        "What vLLM would refuse, what does not fit, and what hurts. `enter` shows the rule's "
        "page, `f` does what the finding says: it changes the request."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "fix", "fix", id="findings.fix")]

    def __init__(self, id: str) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id)
        self._found: tuple[Finding, ...] = ()
        self._trouble: PlannerError | None = None

    def compose(self) -> ComposeResult:
        """A list."""
        yield _List()

    @property
    def chosen(self) -> Finding | None:
        """The finding under the cursor, else the first."""
        at = self.query_one(_List).highlighted or 0
        return self._found[at] if at < len(self._found) else None

    def fail(self, error: PlannerError | None) -> None:
        """Say why there is no answer; None: there is one."""
        self._trouble = error
        self.draw()

    def key(self) -> Hashable:
        """The findings, or the trouble."""
        return self._all(), self._trouble, self.view is None

    def _all(self) -> tuple[Finding, ...]:
        answer = self.view.answer if self.view else None
        layout = self.view.layout if self.view else None
        found = (*(answer.findings if answer else ()), *(layout.findings if layout else ()))
        return () if self._trouble else tuple(sorted(found, key=lambda each: each.severity.rank))

    def paint(self) -> None:
        """A few lines for each."""
        self._found = self._all()
        self.say(summary(self._found) if self._found else "")
        options = self.query_one(_List)
        at = options.highlighted
        options.clear_options()
        options.add_options([Option(_finding(each)) for each in self._found])
        if self._trouble is not None:
            options.add_option(Option(_error(self._trouble), disabled=True))
        elif not self._found:
            options.add_option(Option(self._nothing(), disabled=True))
        if self._found:
            options.highlighted = min(at or 0, len(self._found) - 1)

    def _nothing(self) -> str:
        """What stands where there is no finding."""
        if self.view is None:
            return _BEGIN
        return "nothing to say" if self.view.layout else _NO_GPUS

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        event.stop()
        if self.chosen is not None:
            self.post_message(Explain(self.chosen))

    def action_fix(self) -> None:
        """Do what the finding says."""
        if self.chosen is not None:
            self.post_message(Mend(self.chosen))


def _finding(finding: Finding) -> Group:
    style = SEVERITY_STYLES[finding.severity]
    head = Text(f"{finding.severity} {finding.code}", style)
    head.append(f" {finding.message}", "default")
    return Group(head, Text(f"fix: {finding.fix}", "dim")) if finding.fix else Group(head)


def _error(error: PlannerError) -> Group:
    lines = [Text("error", SEVERITY_STYLES_ERROR).append(f" {error.message}", "default")]
    lines += [Text(f"cause: {error.cause}", "dim")] if error.cause else []
    lines += [Text(f"fix: {error.fix}", "dim")] if error.fix else []
    return Group(*lines, Text(_AGAIN, "dim"))


SEVERITY_STYLES_ERROR = next(iter(SEVERITY_STYLES.values()))
