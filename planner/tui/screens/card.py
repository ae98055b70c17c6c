"""A card over the screen: a title, something to read or to choose, and the keys that close it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from planner.tui.keybar import KeyBar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType
    from textual.app import ComposeResult
    from textual.widget import Widget

Result = TypeVar("Result")


class Card(ModalScreen[Result]):
    """Over the screen until it is answered or closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", id="card.close"),
        Binding("q", "close", "close", show=False),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """The card's frame."""
        with Vertical(classes="card") as card:
            card.border_title = self._title
            yield from self.body()
            yield KeyBar()

    def body(self) -> Iterable[Widget]:
        """What is on the card."""
        raise NotImplementedError

    def action_close(self) -> None:
        """Without an answer."""
        self.dismiss(None)


class _Scroll(VerticalScroll, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "down", show=False),
        Binding("k", "scroll_up", "up", show=False),
    ]


class Reading(Card[None]):
    """Something to read."""

    def __init__(self, title: str, page: RenderableType) -> None:
        super().__init__(title)
        self._page = page

    def body(self) -> Iterable[Widget]:
        """One page."""
        yield _Scroll(Static(self._page, markup=False))

    def on_mount(self) -> None:
        """Arrow keys scroll."""
        self.query_one(_Scroll).focus()
