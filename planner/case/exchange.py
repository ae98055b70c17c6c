"""What the ranks of each row tell each other, and over which links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.speed.step import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case.table import Case
    from planner.speed.step import Floats
    from planner.units import Bools, Ints

#: group sizes that were measured
_MEASURED = (2, 4, 8)
#: all-reduces of a layer: after attention, and after the feed-forward part
_REDUCES = 2


def exchange_of(case: Case, known: Mapping[str, float]) -> Exchange:
    """All-reduces, gathers and hops of a step: [rows, 1]."""
    layouts = case.layouts
    layers = case.architecture.num_layers
    shares = case.has_experts & (layouts.dp > 1)
    reduce_s, reduce_per_byte = _reduce(case, known, layouts.tp, case.placement.tp_leaves_domain)
    group = np.where(shares, layouts.tp * layouts.dp, 1)
    leaves = shares & case.placement.moe_leaves_domain
    gather_s, gather_per_byte = _reduce(case, known, group, leaves)
    reduces = np.where(layouts.tp > 1, layers * np.where(shares, 1, _REDUCES), 0)
    return Exchange(
        reduces=_column(reduces),
        reduce_s=reduce_s,
        reduce_s_per_byte=reduce_per_byte,
        gathers=_column(np.where(shares, _REDUCES * layers, 0)),
        # a gather and a scatter are an all-reduce's two halves, of all ranks' tokens
        gather_s=gather_s,
        gather_s_per_byte=gather_per_byte / 2 * np.maximum(_column(layouts.dp), 1),
        hops=_column(layouts.pp - 1),
        hop_s=known["hop_s"],
        hop_s_per_byte=_hop(case),
    )


def _column(values: Ints) -> Floats:
    return np.asarray(values, dtype=np.float64)[:, np.newaxis]


def _reduce(
    case: Case, known: Mapping[str, float], group: Ints, leaves: Bools
) -> tuple[Floats, Floats]:
    """Seconds of a small all-reduce, and for each byte more, by the size of the group.

    Inside a domain as measured, larger groups as the largest; across hosts what a rank's share of
    its host's network carries, with the latency of its hops.
    """
    link = "fast" if case.fast_link else "pcie"
    size = np.log2(np.maximum(group, 1))
    at = np.log2(np.array(_MEASURED, dtype=np.float64))
    seconds = [known[f"all_reduce_{link}_{n}_s"] for n in _MEASURED]
    rates = [known[f"all_reduce_{link}_{n}_bytes_per_s"] for n in _MEASURED]
    latency = np.interp(size, at, seconds)
    rate = np.interp(size, at, rates)
    network = case.group.network_bytes_per_s_per_node
    per_rank = (network or np.nan) / np.minimum(case.group.gpus_per_node, np.maximum(group, 1))
    hosts = np.maximum(group / case.group.gpus_per_node, 2)
    latency = np.where(leaves, latency + known["network_s"] * np.log2(hosts) * 2, latency)
    rate = np.where(leaves, np.minimum(rate, per_rank), rate)
    moved = 2 * (group - 1) / np.maximum(group, 1)
    return latency[:, np.newaxis], (moved / rate)[:, np.newaxis]


def _hop(case: Case) -> Floats:
    """Seconds a byte to the next stage: over the network where a layout spans hosts."""
    link = case.group.intra_node_link
    inside = (link.peer_bytes_per_s_one_way or link.bytes_per_s_one_way) if link else None
    inside = inside or 20e9
    network = case.group.network_bytes_per_s_per_node or np.nan
    spans = (case.placement.hosts > 1) & (case.layouts.pp > 1)
    rate = np.where(spans, np.minimum(inside, network / case.group.gpus_per_node), inside)
    return (1 / rate)[:, np.newaxis]
