"""What the ranks of each row tell each other, and over which links."""

from __future__ import annotations

from functools import cache
from math import log2
from typing import TYPE_CHECKING

import numpy as np

from planner.hardware.catalog import Catalog
from planner.model.modules import Experts, Linear, Split, Weight
from planner.speed.collectives import Curve, Groups, by_size, in_turn, ring, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.case.grid import Grid
    from planner.hardware.group import NodeGroup
    from planner.hardware.measured import CollectiveCurve, LinkLatency
    from planner.model.modules import Module
    from planner.quant.base import Scheme
    from planner.units import Floats, Ints

_GRAPH = "cuda_graph"


def all_reduces(grid: Grid) -> Floats:
    """Of a token's activations, for a step of each row: Float64[rows, 1].

    One after each layer that divides its inputs. Routed and shared experts are summed first, so
    that a layer of experts has one behind attention and one behind both. Where ranks of several
    engines share the experts, gather and scatter take the place of the latter.

    Source: vllm.model_executor.layers.linear.RowParallelLinear, .fused_moe.layer.FusedMoE (0.33.0)
    """
    layouts = grid.layouts
    counts = grid.kinds.before[:, -1].tolist()
    alone, shared = 1.0, 1.0
    for kind, count in zip(grid.kinds.kinds, counts, strict=True):
        modules = [module for module, _ in kind.modules]
        expert = next((m for m in modules if isinstance(m, Experts)), None)
        beside = "" if expert is None else expert.name.rpartition(".")[0]
        rows = [m for m in modules if isinstance(m, Linear) and m.split is Split.ROW]
        apart = [m for m in rows if not (beside and m.name.startswith(beside))]
        alone += count * (len(apart) + (expert is not None))
        shared += count * len(apart)
    split = layouts.tp > 1
    gathered = grid.has_experts & (layouts.dp > 1)
    return np.where(split, np.where(gathered, shared, alone), 0.0)[:, np.newaxis]


def norm_all_reduces(grid: Grid) -> Floats:
    """Of a few bytes a token: norms over all heads, which ranks hold in parts."""
    counts = grid.kinds.before[:, -1].tolist()
    norms = sum(
        count * divided_norms(kind.modules)
        for kind, count in zip(grid.kinds.kinds, counts, strict=True)
    )
    return np.where(grid.layouts.tp > 1, float(norms), 0.0)[:, np.newaxis]


def divided_norms(modules: Iterable[tuple[Module, Scheme]]) -> int:
    """Norms over all heads, of which each rank has a part."""
    return sum(
        isinstance(module, Weight) and module.split_axis == 0 and module.name.endswith("_norm")
        for module, _ in modules
    )


def exchanges(grid: Grid) -> Floats:
    """Gathers with their scatters over the ranks that share experts: one pair a layer of them.

    Source: vllm.distributed.device_communicators.all2all.AgRsAll2AllManager (0.33.0)
    """
    counts = grid.kinds.before[:, -1].tolist()
    layers = sum(
        count
        for kind, count in zip(grid.kinds.kinds, counts, strict=True)
        if any(isinstance(module, Experts) for module, _ in kind.modules)
    )
    return np.where(grid.layouts.dp > 1, float(layers), 0.0)[:, np.newaxis]


def groups(grid: Grid, sizes: Ints) -> Groups:
    """The curve that each row's group of ranks follows; groups are as wide as they can be."""
    curves = {size: all_reduce(grid.group, size) for size in set(sizes.tolist())}
    return by_size(sizes, curves)


def all_reduce(group: NodeGroup, size: int) -> Curve | None:
    """An all-reduce over so many neighbouring GPUs.

    As measured on the board, where such a group was; else by the link's latency and rate. Across
    hosts: inside each first, then each rank's share between them.
    """
    if size == 1:
        return None
    domain = max(group.scale_up_domain, group.gpus_per_node)
    inside = min(size, domain)
    near = _measured(group.accelerator.id, inside) if _as_measured(group, inside) else None
    near = near or _by_link(group, inside)
    if size <= domain:
        return near
    return in_turn(near, share(_between(group, size // inside, inside), 1 / inside))


def _as_measured(group: NodeGroup, size: int) -> bool:
    """Whether curves of the board hold here: they were taken within one scale-up domain."""
    board, link = group.accelerator, group.intra_node_link
    usual = board.link.topology if board.link and board.link.topology != "bridge" else "pcie"
    return size <= group.gpus_per_node and link is not None and link.topology == usual


@cache
def _measured(board: str, size: int) -> Curve | None:
    found = [
        c for c in _curves(board) if c.operation == "all_reduce" and (c.gpus, c.nodes) == (size, 1)
    ]
    if not found:
        return None
    best = next((c for c in found if c.runner.endswith(_GRAPH)), found[0])
    return Curve(
        message_bytes=tuple(map(float, best.message_bytes)),
        seconds=tuple(np.minimum.accumulate(best.seconds[::-1])[::-1].tolist()),
    )


@cache
def _curves(board: str) -> tuple[CollectiveCurve, ...]:
    return Catalog.default().collectives(board).curves


@cache
def _latencies() -> dict[str, LinkLatency]:
    return {entry.topology: entry for entry in Catalog.default().link_latencies().links}


def _by_link(group: NodeGroup, size: int) -> Curve:
    """A ring over the link: its latency grows with the ranks, its rate is what such links reach."""
    link = group.intra_node_link
    joined = size <= group.scale_up_domain and link is not None
    topology = link.topology if joined and link is not None else "pcie"
    known = _latencies().get(topology) or _latencies()["pcie"]
    rate = link.bytes_per_s_one_way if joined and link is not None else None
    if topology == "pcie" and group.accelerator.pcie is not None:
        rate = group.accelerator.pcie.bytes_per_s_one_way
    steps = log2(size) - 1
    part = known.share * known.share_of_twice**steps
    return ring(size, known.pair_s * known.latency_of_twice**steps, part * (rate or known.rate))


def _between(group: NodeGroup, hosts: int, inside: int) -> Curve:
    """A ring over hosts, in which each rank of a host has its part of the network."""
    known = _latencies()["network"]
    fabric = group.fabric
    wire = fabric.latency_s_one_way if fabric and fabric.latency_s_one_way else 0.0
    per_host = group.network_bytes_per_s_per_node or known.rate
    hop = known.pair_s + wire
    return ring(
        hosts,
        hop * known.latency_of_twice ** (log2(max(hosts, 2)) - 1),
        known.share * per_host / inside,
    )


def hops(grid: Grid) -> tuple[Floats, Floats]:
    """Seconds and bytes a second from one pipeline stage to the next: Float64[rows, 1].

    Each rank of a stage hands on its part, and the next stage gathers.
    """
    group, layouts = grid.group, grid.layouts
    link, known = group.intra_node_link, _latencies()
    near = (link.peer_bytes_per_s_one_way or link.bytes_per_s_one_way) if link else None
    inside = known["pcie"].rate if near is None else near
    network = group.network_bytes_per_s_per_node or known["network"].rate
    across = (grid.placement.hosts > 1) & (layouts.pp > 1)
    latency = np.where(across, known["network"].pair_s, known["hop"].pair_s)
    rate = np.where(across, network, inside * np.minimum(layouts.tp, group.gpus_per_node))
    return latency[:, np.newaxis], rate[:, np.newaxis]
