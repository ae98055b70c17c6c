"""Whether a rank's figures add up: its share is weights, peak, the rest and the KV cache."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from planner.units import gib_text
from planner.vllm.log.figures import Printed, RankFacts

if TYPE_CHECKING:
    from collections.abc import Callable

#: what vLLM keeps back for multimodal items, and rounding of its own
_SLACK_BYTES = 2 * 1024**2


def balanced(
    rank: RankFacts, note: Callable[[str], None], *, graphs_counted: bool = True
) -> RankFacts:
    """A rank's figures once they are held against each other.

    ``graphs_counted`` False: the log says that the estimate of the graphs is not taken off.

    requested = weights + activation + non-torch + KV cache, and from 0.20 on an estimate of the
    graphs, which releases from 0.27 on print inside the activation peak: it is taken out there.
    Where the sum is off, no one can tell which part is: the parts are left out.
    Source: vllm.v1.worker.gpu_worker.Worker.determine_available_memory (0.26.0, 0.33.0)
    """
    if not graphs_counted:
        rank = replace(rank, graphs_estimated=None)
    rank = _share_of_total(rank, note)
    rank = _split(rank, note)
    parts = (rank.weights, rank.activation, rank.non_torch, rank.kv_cache, rank.requested)
    if any(part is None for part in parts):
        return rank
    weights, activation, non_torch, kv_cache, requested = (p for p in parts if p is not None)
    left = requested.size_bytes - sum(
        p.size_bytes for p in (weights, activation, non_torch, kv_cache)
    )
    slack = sum(part.step_bytes for part in parts if part is not None) + _SLACK_BYTES
    estimate = rank.graphs_estimated
    if abs(left) <= slack:
        if estimate is None or estimate.size_bytes <= slack:
            return rank
        # the sum holds without the estimate: either it was not taken off, or the peak holds it
        return _taken_out(rank, activation, estimate)
    if estimate is not None and abs(left - estimate.size_bytes) <= slack + estimate.step_bytes:
        return rank
    note(
        f"weights, activation, non-torch memory and KV cache miss the share of "
        f"{gib_text(requested.size_bytes, 2)} by {gib_text(abs(left), 2)}: left out but weights"
    )
    return replace(rank, activation=None, non_torch=None, kv_cache=None, graphs_estimated=None)


def _taken_out(rank: RankFacts, activation: Printed, estimate: Printed) -> RankFacts:
    """Without the estimate in the peak, where the peak is of a release that adds it."""
    if rank.consumed is None:
        return replace(rank, graphs_estimated=None)
    peak = Printed(
        size_bytes=activation.size_bytes - estimate.size_bytes,
        step_bytes=activation.step_bytes + estimate.step_bytes,
    )
    if peak.size_bytes < 0:
        return replace(rank, graphs_estimated=None)
    return replace(rank, activation=peak)


def _share_of_total(rank: RankFacts, note: Callable[[str], None]) -> RankFacts:
    """Total, utilisation and share must agree; free memory is not above the total."""
    total, requested, free = rank.total, rank.requested, rank.free
    if total and free and free.size_bytes > total.size_bytes + total.step_bytes:
        note("more memory is free than there is in all: both left out")
        return replace(rank, total=None, free=None, requested=None)
    if not (total and requested and rank.utilization):
        return rank
    share = ceil(total.size_bytes * rank.utilization)
    # a utilisation that was printed with two digits may stand for one with three
    slack = total.step_bytes + requested.step_bytes + total.size_bytes // 150
    if abs(share - requested.size_bytes) <= slack:
        return rank
    note(
        f"{rank.utilization:g} of {gib_text(total.size_bytes, 2)} is not "
        f"{gib_text(requested.size_bytes, 2)}: all left out"
    )
    return replace(rank, total=None, requested=None, utilization=None)


def _split(rank: RankFacts, note: Callable[[str], None]) -> RankFacts:
    """Non-torch memory from what was consumed in all, from 0.27 on."""
    if rank.consumed is None or rank.non_torch is not None or rank.weights is None:
        return rank
    size = rank.consumed.size_bytes - rank.weights.size_bytes
    step = rank.consumed.step_bytes + rank.weights.step_bytes
    if size < -step:
        note("less is consumed in all than weights alone: left out")
        return replace(rank, consumed=None)
    return replace(rank, non_torch=Printed(size_bytes=max(size, 0), step_bytes=step))
