"""The keys that do something now, as many as fit on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.binding import Binding

    from planner.explore.look import View

_GAP = 2
#: what finds room on every screen: the way to all other keys, and the way out
_ALWAYS = ("help", "quit")
_OF_FINDINGS = frozenset({"fix", "explain"})
_OF_PLANS = frozenset({"best", "pin", "launch", "copy", "text"})


def idle_keys(view: View | None, pin: View | None) -> frozenset[str]:
    """What has nothing to do now, by the word beside its key."""
    layout = view.layout if view else None
    found = view.answer.findings if view else ()
    idle: frozenset[str] = frozenset()
    if not (found or (layout and layout.findings)):
        idle |= _OF_FINDINGS
    if layout is None:
        idle |= _OF_PLANS | {"save"}
    if pin is None or view is None:
        idle |= {"compare"}
    return idle


class KeyBar(Widget):
    """The last line of the screen."""

    idle: reactive[frozenset[str]] = reactive(frozenset(), init=False)
    """What is not shown, because it has nothing to do."""

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Text:
        """Key and what it does, pair by pair; what finds no room is in the help."""
        hints = self._hints()
        last = [(hints[what], what) for what in _ALWAYS if what in hints]
        room = self.content_size.width - sum(map(_width, last))
        line = Text(no_wrap=True)
        for what, key in hints.items():
            if what not in _ALWAYS and len(line) + _width((key, what)) <= room:
                _add(line, key, what)
        for key, what in last:
            _add(line, key, what)
        return line

    def _hints(self) -> dict[str, str]:
        """Keys by what they do; of what has the focus first, keys of one action together."""
        hints: dict[str, list[str]] = {}
        active = self.screen.active_bindings.values()
        shown = [each.binding for each in active if each.binding.show and each.enabled]
        for binding in shown:
            if binding.description not in self.idle:
                hints.setdefault(binding.description, []).append(self._key(binding))
        return {what: "/".join(dict.fromkeys(keys)) for what, keys in hints.items()}

    def _key(self, binding: Binding) -> str:
        return self.app.get_key_display(binding)


def _width(hint: tuple[str, str]) -> int:
    return sum(map(len, hint)) + 1 + _GAP


def _add(line: Text, key: str, what: str) -> None:
    line.append(key, "bold").append(f" {what}").append(" " * _GAP)
