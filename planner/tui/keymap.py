"""Keys of the user's own: ``[tui.keymap]`` of planner.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.dom import DOMNode

from planner.errors import UnknownNameError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OWN = "planner.tui"


def bindings() -> dict[str, Binding]:
    """Every key that can be given to another, by the name of what it does."""
    found = (b for cls in _subclasses(DOMNode) for b in cls.__dict__.get("BINDINGS", ()))
    named = {b.id: b for b in found if isinstance(b, Binding) and b.id}
    return dict(sorted(named.items()))


def _subclasses(cls: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """Those of this application."""
    for below in cls.__subclasses__():
        if below.__module__.startswith(_OWN):
            yield below
        yield from _subclasses(below)


def checked(keymap: Mapping[str, str]) -> dict[str, str]:
    """The user's keys, by names that there are.

    Raises:
        UnknownNameError: nothing is called so.
    """
    known = bindings()
    for name in keymap:
        if name not in known:
            like = nearest(name, known)
            raise UnknownNameError(
                f"planner.toml [tui.keymap]: nothing is called {name}",
                cause=f"there are {', '.join(known)}",
                fix=f'"{like[0] if like else "save"}" = "{keymap[name]}"',
            )
    return dict(keymap)
