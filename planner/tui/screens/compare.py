"""The pinned plan and the one that is looked at, figure by figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from planner.explore.compare import compared
from planner.tui.screens.card import Card
from planner.tui.title import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from planner.plan import Answer

_COLUMNS = 4
#: of the names and the differences together, and of a figure
_ENDS, _LEAST = 20, 12


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
        """Fill it, when its width is known."""
        self.query_one(DataTable).focus()
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        table = self.query_one(DataTable)
        table.clear(columns=True)
        rows = [row for row in self._rows if self._all or row.difference]
        cells = [(row.name, row.first, row.second, row.difference) for row in rows]
        room = table.scrollable_content_region.width - _COLUMNS * 2 * table.cell_padding
        ends = sum(max((len(row[place]) for row in cells), default=0) for place in (0, -1))
        each = max((room - max(ends, _ENDS)) // 2, _LEAST)
        cells = [(a, shortened(b, each), shortened(c, each), d) for a, b, c, d in cells]
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
