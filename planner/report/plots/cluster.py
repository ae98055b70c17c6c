"""A cluster drawn: hosts, GPUs, what joins them, and the rank and pipeline stage on each."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from planner.report.parts.element import tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from planner.cluster_map import ClusterMap, MappedGpu, MappedLink, MappedNode
    from planner.plan import Sizes

_CELL, _HEIGHT, _GAP, _MARGIN, _HEAD, _LINK = 74.0, 56.0, 6.0, 10.0, 24.0, 24.0
_TRUNK, _BUS = 18.0, 18.0
_GPUS_A_ROW = 8
#: more hosts than these look like those before
_MOST_NODES = 16
_STAGE_COLOURS = 6
#: the width of a letter, on average, of the line below
_LETTER = 6.4


def cluster_drawing(drawn: ClusterMap, sizes: Sizes, name: str) -> Element:
    """Hosts as boxes, side by side while there is room; the network runs below each row."""
    nodes = drawn.nodes[:_MOST_NODES]
    width, height = _node_size(nodes[0])
    columns = min(len(nodes), max(1, _GPUS_A_ROW // len(nodes[0].gpus)))
    rows = -(-len(nodes) // columns)
    left = _TRUNK if drawn.network else 0.0
    below = _below(drawn)
    whole = max(left + columns * (width + _GAP) - _GAP, left + _LETTER * len(below))
    bottom = rows * (height + _BUS)
    boxes = (
        tag("g", _node(node, drawn, sizes), transform=_moved(x, y))
        for node, (x, y) in zip(
            nodes, _places(len(nodes), columns, width, height, left), strict=True
        )
    )
    return tag(
        "svg",
        tag("title", "The cluster, and which rank sits on which GPU", id=f"{name}-title"),
        tag("desc", in_words(drawn, sizes), id=f"{name}-desc"),
        _network(len(nodes), columns, width, height) if drawn.network else None,
        boxes,
        tag("text", below, x=f"{left:g}", y=f"{bottom + 12:g}") if below else None,
        viewBox=f"0 0 {whole:g} {bottom + (22 if below else 0):g}",
        style=f"max-width: {whole:g}px",
        role="img",
        class_="plot cluster",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
    )


def _places(
    nodes: int, columns: int, width: float, height: float, left: float
) -> Iterator[tuple[float, float]]:
    for at in range(nodes):
        yield left + at % columns * (width + _GAP), at // columns * (height + _BUS)


def _network(nodes: int, columns: int, width: float, height: float) -> Iterator[Element]:
    """A line below each row of hosts with a branch to each, all joined at the left edge."""
    lines = set()
    start = _TRUNK / 2 if nodes > columns else _TRUNK + width / 2
    for x, y in _places(nodes, columns, width, height, _TRUNK):
        middle, line = x + width / 2, y + height + _BUS / 2
        lines.add(line)
        yield _line(middle, y + height, middle, line, "trunk")
        yield _line(start, line, middle, line, "trunk")
    yield _line(_TRUNK / 2, min(lines), _TRUNK / 2, max(lines), "trunk")


def _below(drawn: ClusterMap) -> str:
    """What the drawing cannot show, and what its lines are."""
    words = [f"between hosts: {link_text(drawn.network, 'host')}"] if drawn.network else []
    if drawn.domain > len(drawn.nodes[0].gpus):
        words.append(f"{drawn.domain} GPUs share {drawn.link.name if drawn.link else 'links'}")
    if (more := len(drawn.nodes) - _MOST_NODES) > 0:
        words.append(f"{more} more hosts")
    return "; ".join(words)


def in_words(drawn: ClusterMap, sizes: Sizes) -> str:
    """The drawing for those who do not see it: hosts alike are told once."""
    told = [f"{len(drawn.nodes)} hosts" if len(drawn.nodes) > 1 else "One host"]
    told[0] += f" of {len(drawn.nodes[0].gpus)} {drawn.accelerator}"
    if drawn.link:
        told.append(f"the GPUs of a host are joined by {link_text(drawn.link, 'GPU')}")
    if drawn.domain > len(drawn.nodes[0].gpus):
        told.append(f"{drawn.domain} of them over several hosts")
    if drawn.network:
        told.append(f"the hosts by {link_text(drawn.network, 'host')}")
    sentences = [", ".join(told) + "."]
    group = partial(_group_of, sizes=sizes, several=_several(drawn))
    for node in drawn.nodes[:_MOST_NODES]:
        runs = groupby(node.gpus, key=group)
        parts = (_run_in_words(what, [gpu.index for gpu in gpus]) for what, gpus in runs)
        sentences.append(f"{node.name}: {'; '.join(parts)}.")
    if len(drawn.nodes) > _MOST_NODES:
        sentences.append(f"{len(drawn.nodes) - _MOST_NODES} more hosts are not drawn.")
    if drawn.unplaced:
        sentences.append(f"The layout wants {drawn.unplaced} GPUs and finds no place.")
    return " ".join(sentences)


def link_text(link: MappedLink, of: str) -> str:
    """``nvlink4, 450 GB/s a GPU each way``."""
    rate = link.bytes_per_s_one_way
    return f"{link.name}, {rate / 1e9:,.0f} GB/s a {of} each way" if rate else link.name


def _several(drawn: ClusterMap) -> bool:
    """Whether the hosts hold more than one server of the layout."""
    return any(gpu.seat and gpu.seat.server for node in drawn.nodes for gpu in node.gpus)


def _group_of(gpu: MappedGpu, sizes: Sizes, *, several: bool) -> str:
    seat = gpu.seat
    if seat is None:
        return "idle"
    words = [f"server {seat.server + 1}"] if several else []
    words += [f"replica {seat.replica}"] if sizes.data_parallel_size > 1 else []
    words += [f"stage {seat.stage}"] if sizes.pipeline_parallel_size > 1 else []
    return ", ".join(words) or "all layers"


def _run_in_words(what: str, gpus: Sequence[int]) -> str:
    several = f"GPUs {gpus[0]} to {gpus[-1]}" if len(gpus) > 1 else f"GPU {gpus[0]}"
    return f"{several} {what}"


def _width_of(gpus: int) -> float:
    return min(gpus, _GPUS_A_ROW) * (_CELL + _GAP) - _GAP + 2 * _MARGIN


def _node_size(node: MappedNode) -> tuple[float, float]:
    rows = -(-len(node.gpus) // _GPUS_A_ROW)
    return _width_of(len(node.gpus)), _HEAD + rows * (_HEIGHT + _LINK) + _MARGIN / 2


def _node(node: MappedNode, drawn: ClusterMap, sizes: Sizes) -> Iterator[Element]:
    width, height = _node_size(node)
    yield _box(0, 0, width, height, "host")
    yield tag("text", node.name, x=f"{_MARGIN:g}", y="16", class_="name")
    for line in range(-(-len(node.gpus) // _GPUS_A_ROW)):
        gpus = node.gpus[line * _GPUS_A_ROW : (line + 1) * _GPUS_A_ROW]
        top = _HEAD + line * (_HEIGHT + _LINK)
        for at, gpu in enumerate(gpus):
            x = _MARGIN + at * (_CELL + _GAP)
            seat = _gpu(gpu, sizes, several=_several(drawn))
            yield tag("g", seat, transform=_moved(x, top))
        yield from _islands(gpus, drawn, top + _HEIGHT)


def _gpu(gpu: MappedGpu, sizes: Sizes, *, several: bool) -> Iterator[Element]:
    seat = gpu.seat
    if seat is None:
        yield _box(0, 0, _CELL, _HEIGHT, "gpu idle")
        yield _middle(f"GPU {gpu.index}", 24, "small")
        yield _middle("idle", 40, "small")
        return
    yield _box(0, 0, _CELL, _HEIGHT, f"gpu stage-{seat.stage % _STAGE_COLOURS}")
    places = [
        f"{axis}{place}"
        for axis, place, size in (
            ("PP", seat.stage, sizes.pipeline_parallel_size),
            ("TP", seat.slice, sizes.tensor_parallel_size),
            ("DP", seat.replica, sizes.data_parallel_size),
        )
        if size > 1
    ]
    yield _middle(f"GPU {gpu.index}", 15, "small")
    yield _middle(f"rank {seat.rank}", 31, "rank")
    yield _middle(f"server {seat.server + 1}" if several else " ".join(places), 47, "small")


def _islands(gpus: Sequence[MappedGpu], drawn: ClusterMap, top: float) -> Iterator[Element]:
    """A rail under the GPUs that share fast links; a dashed one where they meet over PCIe."""
    if drawn.link is None:
        return
    fast = drawn.domain > 1
    runs = groupby(gpus, key=lambda gpu: gpu.domain if fast else 0)
    x = _MARGIN
    for _, run in runs:
        width = len(list(run)) * (_CELL + _GAP) - _GAP
        kind = "rail" if fast else "rail slow"
        yield _line(x + 4, top + 6, x + width - 4, top + 6, kind)
        for at in range(round((width + _GAP) / (_CELL + _GAP))):
            middle = x + at * (_CELL + _GAP) + _CELL / 2
            yield _line(middle, top, middle, top + 6, kind)
        text = link_text(drawn.link, "GPU") if width > 3 * _CELL else drawn.link.name
        yield tag("text", text, x=f"{x + width / 2:g}", y=f"{top + 20:g}", class_="small middle")
        x += width + _GAP


def _box(x: float, y: float, width: float, height: float, kind: str) -> Element:
    place = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{width:g}", "height": f"{height:g}"}
    return tag("rect", **place, rx="6", class_=kind)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Element:
    return tag("line", x1=f"{x1:g}", y1=f"{y1:g}", x2=f"{x2:g}", y2=f"{y2:g}", class_=kind)


def _middle(text: str, y: float, kind: str) -> Element:
    return tag("text", text, x=f"{_CELL / 2:g}", y=f"{y:g}", class_=f"{kind} middle")


def _moved(x: float, y: float) -> str:
    return f"translate({x:g} {y:g})"
