"""The pinned plan and the one that is looked at, figure by figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from planner.explore.compare import compared
from planner.tui.screens.card import Card

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from planner.plan import Answer


class Compare(Card[None]):
    """A, B, and by how much B differs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "differences", "differences only", id="compare.differences"),
    ]

    def __init__(self, first: Answer, second: Answer) -> None:
        super().__init__("A, pinned, and B, looked at")
        self._rows = compared(first, second)
        self._all = True

    def body(self) -> Iterable[Widget]:
        """A row for each figure."""
        yield DataTable[Any](cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        self._fill()
        self.query_one(DataTable).focus()

    def _fill(self) -> None:
        table = self.query_one(DataTable)
        table.clear(columns=True)
        rows = [row for row in self._rows if self._all or row.difference]
        cells = [(row.name, row.first, row.second, row.difference) for row in rows]
        for place, heading in enumerate(("", "A", "B", "B to A")):
            # the table measures cells when it is idle, which may be after it was drawn
            width = max(len(heading), *(len(row[place]) for row in cells), 0)
            side: Literal["left", "right"] = "right" if heading else "left"
            table.add_column(Text(heading, justify=side), width=width)
        for name, *figures in cells:
            table.add_row(name, *(Text(cell, justify="right") for cell in figures))

    def action_differences(self) -> None:
        """Only what differs, or all again."""
        self._all = not self._all
        self._fill()
