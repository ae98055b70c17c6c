"""Jump mode: a letter on every part of the screen; its key goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Region


class Jump(ModalScreen[str]):
    """Letters over the screen, until one is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "stay", id="jump.stay")
    ]

    def __init__(self, places: Mapping[str, Region]) -> None:
        """Where to put the letters.

        Args:
            places: the part of the screen that each letter stands for.
        """
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        """A label in the corner of each part."""
        for letter, region in self._places.items():
            label = Label(f" {letter} ", classes="jump")
            label.styles.offset = (region.x, region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go there; any other key stays."""
        event.stop()
        self.dismiss(event.key if event.key in self._places else None)
