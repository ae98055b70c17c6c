"""One line to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from planner.errors import PlannerError
from planner.tui.screens.card import Card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.widget import Widget


class Prompt(Card[str]):
    """A line, checked before it is taken."""

    def __init__(
        self,
        title: str,
        *,
        text: str = "",
        note: str = "",
        suggestions: Sequence[str] = (),
        check: Callable[[str], object] | None = None,
    ) -> None:
        """What is asked.

        Args:
            title: of the card.
            text: what stands there at first.
            note: a line below it.
            suggestions: what the line may be completed to.
            check: raises ``PlannerError`` for what cannot be taken.
        """
        super().__init__(title)
        self._text, self._note, self._check = text, note, check
        self._suggestions = suggestions

    def body(self) -> Iterable[Widget]:
        """The line, and what is to be said of it."""
        suggester = SuggestFromList(self._suggestions, case_sensitive=False)
        yield Input(value=self._text, suggester=suggester if self._suggestions else None)
        yield Static(self._note, id="note", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it, or say why not."""
        try:
            if self._check is not None:
                self._check(event.value)
        except PlannerError as error:
            parts = (error.message, error.cause, error.fix)
            self.query_one("#note", Static).update("; ".join(part for part in parts if part))
            self.query_one("#note").add_class("-error")
            return
        self.dismiss(event.value)
