"""The first line: model, cluster, layout and release, as much of each as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from planner.report.parts.words import layout_name

if TYPE_CHECKING:
    from planner.explore.look import View
    from planner.request import Request

_BETWEEN = " ─ "
#: of a name that is shortened
_LEAST = 12


def title_parts(request: Request, view: View | None) -> tuple[str, ...]:
    """What the line says, the name of the model first, then the cluster."""
    layout = view.layout if view else None
    parts = (
        request.model or "no model yet",
        " ".join(request.gpus) or "no GPUs yet",
        layout_name(layout) if layout else "",
        f"vLLM {view.answer.vllm_version}" if view else "",
    )
    return tuple(part for part in parts if part)


def within(parts: tuple[str, ...], width: int) -> str:
    """The line in so many columns: whose model it is goes first, then the middle of long names.

    >>> parts = ("deepseek-ai/DeepSeek-R1", "2x8xA100", "TP8 x PP2")
    >>> within(parts, 46)
    'planner ─ DeepSeek-R1 ─ 2x8xA100 ─ TP8 x PP2'
    >>> within(parts, 36)
    'DeepSeek-R1 ─ 2x8xA100 ─ TP8 x PP2'
    >>> within(("nvidia/Llama-3_1-Nemotron-Ultra-253B-v1-FP8", *parts[1:]), 46)
    'Llama-3_1-N…253B-v1-FP8 ─ 2x8xA100 ─ TP8 x PP2'
    """
    model, cluster, *rest = parts
    short = model.rstrip("/").rpartition("/")[2] or model
    for begun in (("planner", model), ("planner", short), (short,)):
        line = _BETWEEN.join((*begun, cluster, *rest))
        if len(line) <= width:
            return line
    left = width - len(_BETWEEN.join(("", "", *rest)))
    half = max(left // 2, _LEAST)
    names = (shortened(short, max(left - len(cluster), half)), shortened(cluster, half))
    return _BETWEEN.join((*names, *rest))


def shortened(name: str, room: int) -> str:
    """A name without its middle: both its ends tell it from others."""
    if len(name) <= room:
        return name
    first = (room - 1) // 2
    return f"{name[:first]}…{name[len(name) - (room - 1 - first) :]}"


class Title(Widget):
    """The line itself."""

    parts: reactive[tuple[str, ...]] = reactive((), init=False)

    def render(self) -> Text:
        """As wide as there is room."""
        room = self.content_size.width
        line = within(self.parts, room) if len(self.parts) > 1 else ""
        return Text(line, no_wrap=True, overflow="ellipsis")
