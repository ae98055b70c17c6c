"""A list with a filter: of models, of boards and node types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Input, Static

from planner.tui.screens.card import Card

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from planner.explore.shelf import Item, Shelf


#: of the first column, before others are left out
_LEAST = 36
#: between two columns
_GAP = 2


class Browse(Card[str]):
    """Type to filter; enter takes the row under the cursor, or what was typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "down", "choose", id="browse.down", priority=True),
        Binding("up", "up", "choose", id="browse.up", priority=True, show=False),
        Binding("tab", "take_typed", "take what is typed", id="browse.typed", priority=True),
    ]

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf.title)
        self._shelf = shelf

    def body(self) -> Iterable[Widget]:
        """The filter, the list, and more about the row under the cursor."""
        yield Input(placeholder=self._shelf.placeholder)
        yield DataTable[Any](cursor_type="row")
        yield Static(id="more", markup=False)

    def on_mount(self) -> None:
        """All of it at first."""
        self.query_one(DataTable).can_focus = False
        self.query_one(Input).focus()

    def _fill(self, pattern: str) -> None:
        table = self.query_one(DataTable)
        table.clear(columns=True)
        rows = list(self._shelf.rows(pattern))
        widths = self._widths(rows)
        for heading, width in zip(self._shelf.columns, widths, strict=False):
            table.add_column(heading, width=width)
        for row in rows:
            table.add_row(*row.cells[: len(widths)], key=row.name)
        if not table.row_count:
            self.query_one("#more", Static).update(self._shelf.nothing)

    def _widths(self, rows: list[Item]) -> list[int]:
        """Each column as wide as its cells; the first has what those leave that find room."""
        lines = [self._shelf.columns, *(row.cells for row in rows)]
        first, *others = [max(map(len, column)) for column in zip(*lines, strict=True)]
        room = self.query_one(DataTable).size.width - _GAP - 1
        while others and room - sum(others) - _GAP * len(others) < min(first, _LEAST):
            others.pop()
        rest = room - sum(others) - _GAP * len(others)
        return [max(min(first, rest), 1), *others]

    def on_resize(self) -> None:
        """The first column takes what there is."""
        self._fill(self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter by what is typed."""
        self._fill(event.value)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Tell more of a row."""
        # of an empty list there is no row, whatever the event's type says
        name = event.row_key.value if event.data_table.row_count else None
        self.query_one("#more", Static).update(self._shelf.more(name) if name else "")

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """A click takes a row."""
        self.dismiss(event.row_key.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter takes the row under the cursor, else what was typed."""
        table = self.query_one(DataTable)
        if table.row_count:
            self.dismiss(table.ordered_rows[table.cursor_row].key.value)
        elif event.value.strip():
            self.dismiss(event.value.strip())

    def action_down(self) -> None:
        """The next row."""
        self.query_one(DataTable).action_cursor_down()

    def action_up(self) -> None:
        """The row before."""
        self.query_one(DataTable).action_cursor_up()

    def action_take_typed(self) -> None:
        """A path or a name that no list has."""
        typed = self.query_one(Input).value.strip()
        if typed:
            self.dismiss(typed)
