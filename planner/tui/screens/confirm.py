"""A question with few answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Static

from planner.tui.screens.card import Card

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class Confirm(Card[bool]):
    """Yes, no, or neither."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "yes", id="confirm.yes"),
        Binding("n", "answer(False)", "no", id="confirm.no"),
    ]

    def __init__(self, title: str, question: str, *, no: str = "") -> None:
        super().__init__(title)
        self._question = f"{question}\n\ny yes   n no{f', {no}' if no else ''}   esc neither"

    def body(self) -> Iterable[Widget]:
        """The question."""
        yield Static(self._question, markup=False)

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001 - from a binding
        """Yes or no."""
        self.dismiss(yes)
