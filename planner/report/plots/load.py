"""Throughput against latency: layouts under growing load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.report.parts.words import layout_name
from planner.report.plots.figure import COLOURS, plot
from planner.units import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from matplotlib.axes import Axes

    from planner.plan import Curves, Layout, LoadPoint

#: as many as there are colours
MOST = 5
_MARKS = "osD^v"
_BESIDE: dict[str, Any] = {"textcoords": "offset points"}
#: of the axis between labels
_APART = 0.12


def drawn_layouts(layouts: Sequence[Layout]) -> list[tuple[Layout, Curves]]:
    """The layouts with a curve of loads, as many as can be told apart."""
    curved = [(layout, layout.curves) for layout in layouts if layout.curves]
    return [(layout, curves) for layout, curves in curved if curves.load][:MOST]


def load_plot(layouts: Sequence[Layout], name: str) -> Element | None:
    """Output of each GPU over the time for each token, a line a layout, from one request on."""
    drawn = drawn_layouts(layouts)
    if not drawn:
        return None
    best, curves = drawn[0]
    first, last = curves.load[0], curves.load[-1]
    description = (
        f"{layout_name(best)}: from {first.tpot_ms:.1f} ms a token with one request in flight to "
        f"{last.tpot_ms:.1f} ms with {count_text(last.concurrency)}, where a GPU puts out "
        f"{last.output_tokens_per_s / best.gpus_used:,.0f} tokens a second."
    )
    with plot(name, "Throughput of each GPU against the time for each token", description) as made:
        for place, (layout, each) in enumerate(drawn):
            _line(made.axes, layout, each.load, place)
        _numbers(made.axes, best, curves.load)
        _band(made.axes, best, curves.load)
        _limit(made.axes, curves.tpot_ms)
        made.axes.set_xlabel("ms for each further token")
        made.axes.set_ylabel("output tokens/s of each GPU")
        made.axes.set_ylim(bottom=0)
        title = "numbers: requests in flight"
        made.axes.legend(frameon=False, loc="lower right", fontsize=8.5, title=title)
    return made.element


def _line(axes: Axes, layout: Layout, points: Sequence[LoadPoint], place: int) -> None:
    colour, wide = COLOURS[f"series-{place + 1}"], 1.4 if place else 2.4
    x = [point.tpot_ms for point in points]
    y = [point.output_tokens_per_s / layout.gpus_used for point in points]
    name, mark = layout_name(layout), _MARKS[place]
    axes.plot(x, y, color=colour, label=name, marker=mark, markersize=4.5, linewidth=wide)


def _numbers(axes: Axes, best: Layout, points: Sequence[LoadPoint]) -> None:
    """Requests in flight beside some points of the best layout, and a ring at its own load."""
    apart = _APART * max(point.tpot_ms for point in points)
    last = 0.0
    for point in points:
        if point.tpot_ms - last < apart:
            continue
        last = point.tpot_ms
        at = (point.tpot_ms, point.output_tokens_per_s / best.gpus_used)
        text = count_text(point.concurrency)
        axes.annotate(text, at, (6, -11), fontsize=8.5, **_BESIDE)
    speed = best.performance
    if speed and speed.tpot_ms and speed.output_tokens_per_s:
        here = (speed.tpot_ms, speed.output_tokens_per_s / best.gpus_used)
        ring: dict[str, Any] = {"markersize": 12, "fillstyle": "none", "linestyle": "none"}
        axes.plot(*here, "o", color=COLOURS["ink"], label="the load of this answer", **ring)


def _band(axes: Axes, best: Layout, points: Sequence[LoadPoint]) -> None:
    """Where four in five runs of the best layout lie, by the ends of both figures."""
    slow = [point.interval["tpot_ms"] for point in points]
    fast = [point.interval["output_tokens_per_s"] for point in points]
    x = [end[1] for end in slow] + [end[0] for end in reversed(slow)]
    y = [end[0] / best.gpus_used for end in fast]
    y += [end[1] / best.gpus_used for end in reversed(fast)]
    axes.fill(x, y, color=COLOURS["series-1"], alpha=0.15, linewidth=0)


def _limit(axes: Axes, tpot_ms: float | None) -> None:
    if tpot_ms is None:
        return
    axes.axvline(tpot_ms, color=COLOURS["ink"], linewidth=1.2, linestyle=(0, (5, 3)))
    at = (tpot_ms, axes.get_ylim()[1])
    axes.annotate(f"limit {tpot_ms:g} ms", at, (4, -10), fontsize=8.5, **_BESIDE)
