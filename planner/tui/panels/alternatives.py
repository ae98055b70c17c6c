"""The layouts one could have instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import DataTable, Static

from planner.explore.alternatives import columns_within, is_same
from planner.report.parts.words import layout_name
from planner.tui.panels.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Hashable

    from textual.app import ComposeResult

    from planner.plan import Answer, Layout


#: the mark of the layout that is looked at with its margins, and the scroll bar
_MARK = 6
_MARKS = "mark"


def _cell(text: str, place: int) -> Text:
    """The first column at its left edge, figures at the right."""
    return Text(text, justify="right" if place else "left")


class Take(Message):
    """Another layout is to be looked at."""

    def __init__(self, layout: Layout, answer: Answer) -> None:
        super().__init__()
        self.layout, self.answer = layout, answer


class _Table(DataTable[Any]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "down", show=False),
        Binding("k", "cursor_up", "up", show=False),
        Binding("h", "cursor_left", "left", show=False),
        Binding("l", "cursor_right", "right", show=False),
    ]


class AlternativesPanel(Panel, Vertical, can_focus=False):
    """What ``recommend`` offers where the layout is left to it."""

    TITLE: ClassVar[str] = "layouts"
    HELP: ClassVar[str] = (
        "The best layouts for the same model, cluster and options, as `planner recommend` ranks "
        "them. `enter` takes one: its sizes go into the request. `b` takes the first. "
        "`●` marks the one that is looked at."
    )

    def __init__(self, id: str) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id)
        self._answer: Answer | None = None
        self._filled: Hashable = None

    def compose(self) -> ComposeResult:
        """A table, or why it is empty."""
        yield _Table(cursor_type="row")
        yield Static(id="why-none")

    def rank(self, answer: Answer | None) -> None:
        """Draw other layouts."""
        self._answer = answer
        self.draw()

    def key(self) -> Hashable:
        """The layouts, and which of them is looked at."""
        now = self.view.layout if self.view else None
        return id(self._answer), layout_name(now) if now else None

    def paint(self) -> None:
        """A row for each, with as many columns as fit."""
        table, filled = self.query_one(_Table), (id(self._answer), self.size)
        if filled == self._filled:
            self._mark(table)
            return
        self._filled = filled
        at = table.cursor_row
        layouts = self._answer.layouts if self._answer else ()
        table.clear(columns=True)
        self.say(self._summary())
        why = self.query_one("#why-none", Static)
        table.display, why.display = bool(layouts), not layouts
        if not layouts:
            why.update(self._why_none())
            return
        groups = self._answer.hardware.groups if self._answer and self._answer.hardware else ()
        columns = columns_within(layouts, groups, self.content_region.width - _MARK)
        table.add_column(" ", width=1, key=_MARKS)
        rows = [[column.text(layout) for column in columns] for layout in layouts]
        for place, column in enumerate(columns):
            # the table measures cells when it is idle, which may be after it was drawn
            width = max(len(column.name), *(len(row[place]) for row in rows))
            table.add_column(_cell(column.name, place), width=width)
        for number, (layout, row) in enumerate(zip(layouts, rows, strict=True)):
            cells = (_cell(text, place) for place, text in enumerate(row))
            table.add_row(self._mark_of(layout), *cells, key=str(number))
        table.move_cursor(row=min(at, len(layouts) - 1))

    def _why_none(self) -> Text:
        """What would help where nothing fits."""
        found = self._answer.findings if self._answer else ()
        text = Text()
        for finding in found:
            text.append(f"{finding.message}\n").append(f"fix: {finding.fix}\n", "dim")
        return text

    def _mark_of(self, layout: Layout) -> str:
        now = self.view.layout if self.view else None
        return "●" if now is not None and is_same(layout, now) else " "

    def _mark(self, table: _Table) -> None:
        """Only the mark has moved."""
        for number, layout in enumerate(self._answer.layouts if self._answer else ()):
            table.update_cell(str(number), _MARKS, self._mark_of(layout))

    def _summary(self) -> str:
        if self._answer is None:
            return ""
        rejected = len(self._answer.rejected)
        if not self._answer.layouts:
            return f"none of {rejected:,} fits"
        return f"{rejected:,} {'is' if rejected == 1 else 'are'} out"

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter, or a click."""
        event.stop()
        if self._answer is not None and self._answer.layouts:
            self.post_message(Take(self._answer.layouts[event.cursor_row], self._answer))
