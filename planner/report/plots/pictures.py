"""The pictures of an answer as files, for a report that cannot hold them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from planner.cluster_map import cluster_map
from planner.report.plots.bars import memory_bars
from planner.report.plots.cluster import cluster_drawing
from planner.report.plots.context import context_plot
from planner.report.plots.load import load_plot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from planner.plan import Answer


def pictures(answer: Answer) -> dict[str, Element]:
    """Drawings of the best layout by name; plots only where matplotlib is installed.

    ``validate`` answers with findings, and has none.
    """
    return {name: drawing for name, drawing in _drawn(answer) if drawing is not None}


def words_of(drawing: Element) -> str:
    """What a picture shows, for those who do not see it."""
    return ". ".join((drawing.findtext("title") or "", drawing.findtext("desc") or ""))


def _drawn(answer: Answer) -> Iterator[tuple[str, Element | None]]:
    if not answer.layouts or answer.command == "validate":
        return
    best = answer.layouts[0]
    groups = answer.hardware.groups if answer.hardware else ()
    if best.memory:
        yield "memory", memory_bars(best.memory, "memory")
    if best.kv_cache and best.curves and find_spec("matplotlib"):
        yield "room", context_plot(best.curves.context, best.kv_cache, "room")
    if find_spec("matplotlib"):
        yield "load", load_plot(answer.layouts, "load")
    if best.group < len(groups):
        yield "cluster", cluster_drawing(cluster_map(groups[best.group], best), best, "cluster")
