"""Help for what has the focus: what it means, and the keys that work here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from planner.tui.screens.card import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import App
    from textual.widget import Widget

_GENERAL = (
    "Every field on the left is an option of the request. `←` and `→` change it, `enter` types "
    "it, `backspace` leaves it to vLLM or the planner. The answer on the right follows."
)


def help_page(app: App[None]) -> Reading:
    """The page about what has the focus."""
    told = next(_told(app.focused), _GENERAL)
    keys: dict[str, list[str]] = {}
    for active in app.screen.active_bindings.values():
        binding = active.binding
        if binding.id and binding.description and active.enabled:
            keys.setdefault(binding.description, []).append(app.get_key_display(binding))
    table = Table.grid(padding=(0, 3, 0, 0))
    for what, several in keys.items():
        table.add_row(Text(", ".join(dict.fromkeys(several)), "bold"), what)
    return Reading("help", Group(Markdown(told), Text(), table))


def _told(widget: Widget | None) -> Iterator[str]:
    """What a widget says of itself, else what it is in."""
    for node in widget.ancestors_with_self if widget is not None else ():
        text = getattr(node, "help_text", None)
        if isinstance(text, str):
            yield text
