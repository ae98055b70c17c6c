"""The keys that do something now, as many as fit on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.binding import Binding

_GAP = 2


class KeyBar(Widget):
    """The last line of the screen."""

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Text:
        """Key and what it does, pair by pair; what finds no room is in the palette."""
        line = Text(no_wrap=True)
        for key, what in self._hints():
            if len(line) + len(key) + len(what) + 1 > self.size.width:
                continue
            line.append(key, "bold").append(f" {what}").append(" " * _GAP)
        return line

    def _hints(self) -> list[tuple[str, str]]:
        """Of what has the focus first; keys of one action together."""
        hints: dict[str, list[str]] = {}
        active = self.screen.active_bindings.values()
        shown = [each.binding for each in active if each.binding.show and each.enabled]
        for binding in shown:
            hints.setdefault(_what(binding), []).append(self.app.get_key_display(binding))
        return [("/".join(dict.fromkeys(keys)), what) for what, keys in hints.items()]


def _what(binding: Binding) -> str:
    return binding.description
