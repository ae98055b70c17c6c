"""KV room against the length of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.report.plots.figure import COLOURS, plot
from planner.units import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from matplotlib.axes import Axes

    from planner.plan import ContextPoint, KvCache

_MOST_TICKS = 6
_LEAST = 0.01
_NEAR_ONE = 3.0


def context_plot(points: Sequence[ContextPoint], kv: KvCache, name: str) -> Element | None:
    """Requests at a time over their length, with the interval of the room, both by doublings."""
    shown = [point for point in points if point.requests > 0]
    if not shown:
        return None
    description = (
        f"From {shown[0].requests:,.0f} requests of {count_text(shown[0].tokens)} tokens down to "
        f"{shown[-1].requests:,.2f} of {count_text(shown[-1].tokens)}."
    )
    with plot(name, "Requests that the KV cache holds, by their length", description) as drawn:
        _draw(drawn.axes, shown, kv)
    return drawn.element


def _draw(axes: Axes, points: Sequence[ContextPoint], kv: KvCache) -> None:
    lengths, room = [point.tokens for point in points], COLOURS["series-1"]
    low, high = ([max(p.interval[end], _LEAST) for p in points] for end in (0, 1))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.fill_between(lengths, low, high, color=room, alpha=0.25, linewidth=0)
    axes.plot(lengths, [p.requests for p in points], color=room, marker="o", markersize=4)
    axes.axhline(1, color=COLOURS["muted"], linewidth=1, linestyle=(0, (4, 3)))
    beside: dict[str, Any] = {"textcoords": "offset points"}
    axes.annotate("one request", (lengths[0], 1), (0, 4), fontsize=8.5, **beside)
    served = next((p for p in points if p.tokens == kv.max_model_len), points[-1])
    at = (served.tokens, served.requests)
    axes.plot(*at, "D", color=COLOURS["series-2"], markersize=8)
    label = f"{served.requests:,.2f} of {count_text(served.tokens)}"
    # a label just above the line of one request would stand on it
    below = -30 if 1 <= served.requests < _NEAR_ONE else -14
    axes.annotate(label, at, (-10, below), ha="right", fontweight="bold", **beside)
    axes.set_xticks(lengths[::2] if len(lengths) > _MOST_TICKS else lengths)
    axes.xaxis.set_major_formatter(lambda tokens, _: _short(tokens))
    axes.yaxis.set_major_formatter(lambda requests, _: f"{requests:,g}")
    axes.minorticks_off()
    axes.set_xlabel("tokens of a request, prompt and answer")
    axes.set_ylabel("requests at a time")


def _short(tokens: float) -> str:
    thousands = tokens / 1024
    return f"{thousands:,.0f}K" if thousands >= 1 else f"{tokens:,.0f}"
