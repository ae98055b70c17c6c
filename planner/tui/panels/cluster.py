"""Which rank and which pipeline stage sits on which GPU."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.text import Text

from planner.cluster_map import ClusterMap, MappedGpu, MappedLink, MappedNode, Seat, cluster_map
from planner.report.parts.words import group_name, layout_name
from planner.tui.panels.panel import TextPanel, table_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from rich.console import RenderableType

    from planner.plan import HardwareGroup, Layout

_NARROWEST, _WIDEST = 4, 6
_INDENT = "  "
#: GPUs that share NVLink or its like, and those that do not
_FAST, _SLOW = "═", "┄"
_IDLE = "·"
#: stages in turn; a stage is told by its number too
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
_GB = 1e9
_HEAD = ("board", "host", "GPU", "rank", "replica", "stage", "slice", "domain")


class ClusterPanel(TextPanel):
    """Hosts, GPUs and links, with the layout on them."""

    TITLE: ClassVar[str] = "cluster"
    HELP: ClassVar[str] = (
        "Each host is two lines: above, the ranks on its GPUs; below, the pipeline stage `p` of "
        "each, and the replica `d` where there are several. `═` joins GPUs over NVLink or its "
        "like, `┄` over PCIe; `·` is an idle GPU. `t` lists the ranks."
    )

    def key(self) -> Hashable:
        """The hosts, and the layout's sizes."""
        layout = self.view.layout if self.view else None
        hardware = self.view.answer.hardware if self.view else None
        if layout is None or hardware is None:
            return None
        return hardware.groups, layout.group, layout_name(layout)

    def text(self) -> RenderableType:
        """Hosts one under the other."""
        layout = self.view.layout if self.view else None
        hardware = self.view.answer.hardware if self.view else None
        if layout is None or hardware is None:
            self.say("")
            return Text("no cluster yet", "dim")
        groups = hardware.groups
        several = len(groups) > 1
        self.say(f"{len(groups)} kinds of hosts" if several else group_name(groups[0]))
        drawn = [
            cluster_map(group, layout, servers=int(place == layout.group))
            for place, group in enumerate(groups)
        ]
        if self.as_text:
            rows = [row for each in drawn for row in _rows(each)]
            return table_of([row[int(not several) :] for row in (_HEAD, *rows)])
        width = self.scrollable_content_region.width - len(_INDENT)
        return Group(*_groups(groups, drawn, layout, width))


def _groups(
    groups: Sequence[HardwareGroup], drawn: Sequence[ClusterMap], layout: Layout, width: int
) -> Iterator[Text]:
    """Groups of like hosts one under the other: a layout stays within one of them."""
    for place, (group, each) in enumerate(zip(groups, drawn, strict=True)):
        if len(groups) > 1:
            used = "" if place == layout.group else ": idle, this layout stays on other hosts"
            yield Text(f"{group_name(group)}{used}", "dim" if used else "bold")
        cell = max(_NARROWEST, min(_WIDEST, width // group.gpus_per_node))
        yield from _lines(each, layout, cell, max(1, width // cell))


def _lines(drawn: ClusterMap, layout: Layout, cell: int, gpus_a_line: int) -> Iterator[Text]:
    """The drawing, line by line."""
    if drawn.unplaced:
        yield Text(f"{drawn.unplaced} GPUs are wanted, which this cluster cannot seat", "red")
    for node in drawn.nodes:
        head = Text(node.name, "bold")
        head.append(f"  {_link(drawn.link, 'a GPU')}" if drawn.link else "", "dim")
        yield head
        for first in range(0, len(node.gpus), gpus_a_line):
            some = node.gpus[first : first + gpus_a_line]
            yield _ranks(some, cell)
            if any(gpu.seat for gpu in some):
                yield _stages(some, layout, cell)
        if drawn.network and node is not drawn.nodes[-1]:
            yield Text("  ║ ").append(_link(drawn.network, "a host"), "dim")


def _link(link: MappedLink, each: str) -> str:
    rate = link.bytes_per_s_one_way
    return f"{link.name}, {rate / _GB:,.0f} GB/s {each}" if rate else link.name


def _ranks(gpus: tuple[MappedGpu, ...], cell: int) -> Text:
    """The ranks of a host's GPUs, with what joins them."""
    line = Text(_INDENT)
    for gpu, after in [*pairwise(gpus), (gpus[-1], None)]:
        name = _IDLE if gpu.seat is None else str(gpu.seat.rank)
        line.append(name, _colour(gpu.seat))
        if after is not None:
            joint = _FAST if after.domain == gpu.domain else _SLOW
            line.append(joint * (cell - len(name)), "dim")
    return line


def _stages(gpus: tuple[MappedGpu, ...], layout: Layout, cell: int) -> Text:
    line = Text(_INDENT)
    for gpu in gpus:
        line.append(_seat(gpu.seat, layout).ljust(cell), _colour(gpu.seat))
    return line


def _seat(seat: Seat | None, layout: Layout) -> str:
    """What tells a seat from others: its replica and its stage."""
    if seat is None:
        return ""
    replica = f"d{seat.replica}" if layout.data_parallel_size > 1 else ""
    stage = f"p{seat.stage}" if layout.pipeline_parallel_size > 1 or not replica else ""
    return replica + stage


def _colour(seat: Seat | None) -> str:
    if seat is None:
        return "dim"
    return _COLOURS[(seat.stage + seat.replica) % len(_COLOURS)]


def _rows(drawn: ClusterMap) -> list[tuple[str, ...]]:
    """The same as a table."""
    board = drawn.accelerator
    return [(board, *_row(node, gpu)) for node in drawn.nodes for gpu in node.gpus]


def _row(node: MappedNode, gpu: MappedGpu) -> tuple[str, ...]:
    seat = gpu.seat
    told = (
        ("idle", "", "", "")
        if seat is None
        else tuple(map(str, (seat.rank, seat.replica, seat.stage, seat.slice)))
    )
    return (node.name, str(gpu.index), *told, str(gpu.domain))
