"""The part of a page that is about speed, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.page.pictures import figure
from planner.report.parts import choice, words
from planner.report.parts.element import table, tag
from planner.report.plots.load import drawn_layouts, load_plot
from planner.units import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from planner.plan import Answer, Curves, Layout, LoadPoint

_LOAD = ("requests in flight", "first token ms", "further token ms", "tokens/s", "limited by")


def speed(answer: Answer) -> list[Element]:
    """Throughput against latency, layout by layout, and the front of all of them."""
    if len(answer.targets) > 1:
        return []
    parts: list[Element] = []
    drawn = drawn_layouts(answer.layouts)
    picture = load_plot(answer.layouts, "load") if drawn else None
    if picture is not None:
        best, curves = drawn[0]
        text = (
            f"Requests of {count_text(curves.input_tokens or 0)} tokens in and "
            f"{count_text(curves.output_tokens or 0)} out{_on_average(answer)}, from one in flight "
            "to more than run at a time, on one server of each layout. The band is where about "
            f"four in five runs of {words.layout_name(best)} should lie; a broken line is a limit."
        )
        parts.append(tag("p", text))
        tables = [_points(layout, each) for layout, each in drawn]
        in_text = tag("div", tables)
        parts.append(figure(picture, "Throughput against latency, under growing load", in_text))
    if answer.pareto:
        head, *rows = choice.front(answer.pareto)
        caption = "No layout at any load beats these in both; the knee is where more costs more"
        told = tag("summary", f"The front of all layouts and loads: {len(rows)} points")
        parts.append(tag("details", told, table(caption, head, rows)))
    return parts


def _on_average(answer: Answer) -> str:
    lengths = answer.workload.lengths if answer.workload else None
    return f" on average ({lengths.name})" if lengths else ""


def _points(layout: Layout, curves: Curves) -> Element:
    rows = [_row(point) for point in curves.load]
    return table(f"{words.layout_name(layout)}, one server", _LOAD, rows)


def _row(point: LoadPoint) -> list[str]:
    spans = {key: f"{low:,.0f} to {high:,.0f}" for key, (low, high) in point.interval.items()}
    return [
        count_text(point.concurrency),
        f"{point.ttft_ms:,.0f} ({spans['ttft_ms']})",
        f"{point.tpot_ms:,.1f} ({spans['tpot_ms']})",
        f"{point.output_tokens_per_s:,.0f} ({spans['output_tokens_per_s']})",
        point.limited_by.replace("_", " ") + (", requests wait" if point.saturated else ""),
    ]


def bought(answer: Answer) -> list[Element]:
    """Hardware for the load, the cheapest first, then for larger loads."""
    if not answer.purchases:
        return []
    parts: list[Element] = []
    tables: Sequence[tuple[str, list[list[str]]]] = (
        ("What serves the load, the cheapest first", choice.offers(answer.purchases)),
        ("For larger loads", choice.grown(answer.purchases)),
    )
    for caption, cells in tables:
        if len(cells) > 1:
            head, *rows = cells
            parts.append(table(caption, head, rows))
    return parts
