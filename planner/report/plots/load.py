"""Throughput against latency: layouts under growing load."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
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
#: of an axis between labels
_APART = 0.12


@frozen(kw_only=False)
class _Wait:
    """One of the two waits that output is plotted against."""

    key: str
    """Of a point and of its interval."""
    label: str
    first: bool
    """The wait for the first token: it grows by powers where requests queue."""

    def place(self, wait_ms: float) -> float:
        """Where a wait stands along its axis, in units of which none is wider than another."""
        return log10(wait_ms) if self.first else wait_ms


_WAITS = (
    _Wait("tpot_ms", "ms for each further token", False),  # noqa: FBT003 - a record
    _Wait("ttft_ms", "ms until the first token", True),  # noqa: FBT003 - as above
)


def drawn_layouts(layouts: Sequence[Layout]) -> list[tuple[Layout, Curves]]:
    """The layouts with a curve of loads, as many as can be told apart."""
    curved = [(layout, layout.curves) for layout in layouts if layout.curves]
    return [(layout, curves) for layout, curves in curved if curves.load][:MOST]


def load_plot(layouts: Sequence[Layout], name: str) -> Element | None:
    """Output of each GPU over both waits, a line a layout, from one request on."""
    drawn = drawn_layouts(layouts)
    if not drawn:
        return None
    best, curves = drawn[0]
    first, last = curves.load[0], curves.load[-1]
    description = (
        f"{layout_name(best)}: from {first.tpot_ms:.1f} ms a token with one request in flight to "
        f"{last.tpot_ms:.1f} ms with {count_text(last.concurrency)}, where a GPU puts out "
        f"{last.output_tokens_per_s / best.gpus_used:,.0f} tokens a second; the first token comes "
        f"after {first.ttft_ms:,.0f} and {last.ttft_ms:,.0f} ms."
    )
    title = "Throughput of each GPU against both waits for a token"
    with plot(name, title, description, len(_WAITS)) as made:
        for axes, wait in zip(made.panels, _WAITS, strict=True):
            _panel(axes, drawn, wait)
        made.axes.set_ylabel("output tokens/s of each GPU")
        made.axes.set_ylim(bottom=0)
        for axes, wait in zip(made.panels, _WAITS, strict=True):
            _limit(axes, getattr(curves, wait.key))
        handles, labels = made.axes.get_legend_handles_labels()
        title = "numbers: requests in flight"
        below: dict[str, Any] = {"loc": "outside lower center", "ncols": 3}
        made.figure.legend(handles, labels, frameon=False, fontsize=8.5, title=title, **below)
    return made.element


def _panel(axes: Axes, drawn: Sequence[tuple[Layout, Curves]], wait: _Wait) -> None:
    if wait.first:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda wait_ms, _: f"{wait_ms:,g}")
        axes.minorticks_off()
    for place, (layout, each) in enumerate(drawn):
        _line(axes, layout, each.load, wait, place)
    best, curves = drawn[0]
    _numbers(axes, best, curves.load, wait)
    _band(axes, best, curves.load, wait)
    axes.set_xlabel(wait.label)


def _line(axes: Axes, layout: Layout, points: Sequence[LoadPoint], wait: _Wait, place: int) -> None:
    """The first layout is the widest line, so that one that is like it does not hide it."""
    colour, wide = COLOURS[f"series-{place + 1}"], 1.4 if place else 4.5
    x = [getattr(point, wait.key) for point in points]
    y = [point.output_tokens_per_s / layout.gpus_used for point in points]
    name, mark = layout_name(layout), _MARKS[place]
    size = 4.5 if place else 7
    axes.plot(x, y, color=colour, label=name, marker=mark, markersize=size, linewidth=wide)


def _numbers(axes: Axes, best: Layout, points: Sequence[LoadPoint], wait: _Wait) -> None:
    """Requests in flight beside some points of the best layout, and a ring at its own load."""
    places = [wait.place(getattr(point, wait.key)) for point in points]
    apart = _APART * (max(places) - min(places))
    last = None
    for point, place in zip(points, places, strict=True):
        if last is not None and place - last < apart:
            continue
        last = place
        at = (getattr(point, wait.key), point.output_tokens_per_s / best.gpus_used)
        axes.annotate(count_text(point.concurrency), at, (6, -11), fontsize=8.5, **_BESIDE)
    speed = best.performance
    here_ms = getattr(speed, wait.key) if speed else None
    if speed and here_ms and speed.output_tokens_per_s:
        here = (here_ms, speed.output_tokens_per_s / best.gpus_used)
        ring: dict[str, Any] = {"markersize": 13, "fillstyle": "none", "linestyle": "none"}
        axes.plot(*here, "o", color=COLOURS["ink"], label="the load of this answer", **ring)


def _band(axes: Axes, best: Layout, points: Sequence[LoadPoint], wait: _Wait) -> None:
    """Where four in five runs of the best layout lie, by the ends of both figures."""
    slow = [point.interval[wait.key] for point in points]
    fast = [point.interval["output_tokens_per_s"] for point in points]
    x = [end[1] for end in slow] + [end[0] for end in reversed(slow)]
    y = [end[0] / best.gpus_used for end in fast]
    y += [end[1] / best.gpus_used for end in reversed(fast)]
    axes.fill(x, y, color=COLOURS["series-1"], alpha=0.15, linewidth=0)


def _limit(axes: Axes, most_ms: float | None) -> None:
    if most_ms is None:
        return
    axes.axvline(most_ms, color=COLOURS["ink"], linewidth=1.2, linestyle=(0, (5, 3)))
    at = (most_ms, axes.get_ylim()[1])
    axes.annotate(f"limit {count_text(most_ms)} ms", at, (4, -10), fontsize=8.5, **_BESIDE)
