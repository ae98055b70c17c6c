"""The parts of a page that are about one layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.cluster_map import cluster_map
from planner.report.page.pictures import figure
from planner.report.parts import words
from planner.report.parts.commands import paste, placeholders, where
from planner.report.parts.element import table, tag
from planner.report.parts.memory import TERMS, stage_rows, uncertain
from planner.report.plots.bars import memory_bars
from planner.report.plots.cluster import cluster_drawing, in_words
from planner.report.plots.context import context_plot
from planner.units import count_text, gib

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from planner.plan import Answer, HardwareGroup, Layout

_COMMAND_WIDTH = 100


def memory(layout: Layout, name: str) -> list[Element]:
    """Bars, and the same as a table with the intervals."""
    held = layout.memory
    if held is None:
        return []
    share = (
        f"vLLM takes {gib(held.budget_bytes):.2f} GiB of each GPU "
        f"({held.gpu_memory_utilization:g} of it): weights, activation, graphs, non-torch and the "
        "KV cache share them. Figures are of the fullest GPU of each stage."
    )
    rows = [
        [row.stage, row.layers, *(f"{gib(size):.2f}" for size in row.sizes)]
        for row in stage_rows(held)
    ]
    ranges = uncertain(held)
    spans = [
        [label, f"{gib(low):.2f}", f"{gib(high):.2f}"] for label, (low, high) in ranges.items()
    ]
    grid = table("Memory in GiB", ["stage", "layers", *(term.label for term in TERMS)], rows)
    parts = [
        tag("p", share),
        figure(
            memory_bars(held, f"memory-{name}"), "What fills a GPU of each stage", grid, opened=True
        ),
    ]
    if spans:
        caption = (
            "Uncertain terms on the tightest stage, in GiB: about four runs in five lie between"
        )
        parts.append(table(caption, ["term", "low", "high"], spans))
    return parts


def room(layout: Layout) -> list[Element]:
    """How many requests the KV cache holds, by their length."""
    kv = layout.kv_cache
    if kv is None:
        return []
    parts = [tag("p", f"{words.kv_text(kv)}.")]
    points = layout.curves.context if layout.curves else ()
    drawing = context_plot(points, kv, "context") if points else None
    if drawing is not None:
        rows = [
            [count_text(p.tokens), f"{p.requests:,.2f}", *(f"{end:,.2f}" for end in p.interval)]
            for p in points
        ]
        grid = table("Requests at a time", ["tokens of each", "requests", "low", "high"], rows)
        parts.append(figure(drawing, "Requests that the KV cache holds, by their length", grid))
    return parts


def cluster(layout: Layout, groups: Sequence[HardwareGroup]) -> list[Element]:
    """The hosts with the ranks on them."""
    if layout.group >= len(groups):
        return []
    group = groups[layout.group]
    most = group.nodes * group.gpus_per_node // layout.gpus_used
    drawn = cluster_map(group, layout, servers=most)
    text = tag("p", in_words(drawn, layout))
    return [figure(cluster_drawing(drawn, layout, "cluster"), "Hosts, GPUs, ranks and links", text)]


def commands(layout: Layout) -> list[Element]:
    """What one types on each host."""
    hosts = len({command.node for command in layout.commands})
    parts = []
    for command in layout.commands:
        place = where(command, hosts)
        parts.append(tag("h3", f"{place[:1].upper()}{place[1:]}"))
        text = "\n".join(paste(command, _COMMAND_WIDTH))
        parts.append(tag("pre", tag("code", text), tabindex="0", role="group", aria_label=place))
    if stands := placeholders(layout.commands):
        parts.append(tag("p", f"{stands}."))
    return parts


def others(answer: Answer, groups: Sequence[HardwareGroup]) -> list[Element]:
    """Each layout after the first, closed until somebody asks."""
    del groups
    if len(answer.targets) > 1:
        return []
    return [_other(layout, number) for number, layout in enumerate(answer.layouts[1:], 2)]


def _other(layout: Layout, number: int) -> Element:
    name = f"{number}. {words.layout_name(layout)} on {layout.gpus_used} GPUs"
    facts = [tag("li", f"{label}: {text}") for label, text in words.facts(layout).items()]
    facts += [tag("li", note) for note in layout.notes]
    return tag(
        "details",
        tag("summary", f"{name}: {words.fit_text(layout.fit)}"),
        tag("p", layout.why) if layout.why else None,
        tag("ul", facts),
        memory(layout, str(number)),
        commands(layout),
    )
