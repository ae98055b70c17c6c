"""What torch's caching allocator makes of a rank's tensors: blocks, and segments of the device.

There are three byte counts: of the tensors, of the blocks torch hands out (vLLM's line
``Model loading took`` sums these), and of the segments it takes from the device (what the
budget loses from 0.27 on).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.layout import distinct_rows
from planner.memory.build_units import Units
from planner.memory.caching_allocator import (
    MIN_BLOCK_BYTES,
    SMALL_REQUEST_BYTES,
    SMALL_SEGMENT_BYTES,
)
from planner.memory.load_moves import repacked
from planner.memory.load_order import Placed, Unit, placed
from planner.memory.weights import Built, StageTensor, on_stages
from planner.units import round_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.memory.post_load import Moved
    from planner.memory.stages import Stages
    from planner.model.layer_kinds import LayerKinds
    from planner.model.modules import Module
    from planner.units import Ints


@frozen
class AllocatorLoss:
    """Bytes above the sum of the tensors' own, on one rank: Int64[rows, stages]."""

    allocated_bytes: Ints
    """in the blocks torch counts as allocated: belongs to vLLM's weights line"""
    reserved_bytes: Ints
    """in segments beyond those blocks: lost to the device, counted from 0.27 on"""


def allocator_bytes(
    tensors: Sequence[StageTensor],
    kinds: LayerKinds,
    stages: Stages,
    rank_of: Ints,
    *,
    split_limit: int,
    moved: Mapping[int, Sequence[tuple[Module, Moved]]] | None = None,
) -> AllocatorLoss:
    """What the allocator adds to the tensors of each stage's fullest rank.

    Rows alike in ``rank_of``, Int64[rows], divide tensors alike. Small tensors lose their
    rounding to 512 bytes; what large ones lose is worked out in the order of building
    (``load_order``). vLLM's loader limits the blocks that may be cut, ``split_limit``, to 20 MiB
    from 0.21 on; before it is torch's, none. ``moved`` are tensors of each kind of layer that
    kernels make anew.

    Source: torch 2.11, as ``caching_allocator``;
    vllm.v1.worker.gpu_worker.Worker._scoped_allocator_max_split (0.21.0, 0.33.0; absent in 0.20.0)
    Checked: within 1 KiB of what vLLM 0.26.0 prints for Qwen2.5-0.5B (TP 1 and 2), Qwen2.5-7B,
    Llama-3.1-8B (TP 1 and 4) and Mixtral-8x7B on H200s, within 2 MiB for Qwen2.5-7B-AWQ.
    """
    sizes = [(tensor, round_up(tensor.tensor_bytes, MIN_BLOCK_BYTES)) for tensor in tensors]
    rounding = on_stages(((tensor, size - tensor.tensor_bytes) for tensor, size in sizes), stages)
    small = on_stages(
        ((tensor, np.where(size > SMALL_REQUEST_BYTES, 0, size)) for tensor, size in sizes), stages
    )
    wasted, unused = _placed(
        tensors, kinds, stages, rank_of, split_limit=split_limit, moved=moved or {}
    )
    return AllocatorLoss(
        allocated_bytes=rounding + wasted,
        reserved_bytes=unused + -small % SMALL_SEGMENT_BYTES,
    )


def _placed(
    tensors: Sequence[StageTensor],
    kinds: LayerKinds,
    stages: Stages,
    rank_of: Ints,
    *,
    split_limit: int,
    moved: Mapping[int, Sequence[tuple[Module, Moved]]],
) -> tuple[Ints, Ints]:
    """Bytes wasted in large blocks and left free, each distinct stage once."""
    around = {t.group: t for t in tensors if t.built in (Built.BEFORE, Built.AFTER)}
    runs = _runs(kinds.kind_of.tolist())
    groups = [
        *(group for group, t in around.items() if t.built is Built.BEFORE),
        *(kind for kind, _, _ in runs),
        *(group for group, t in around.items() if t.built is Built.AFTER),
    ]
    repeats = iter(
        np.minimum(stages.ends, end) - np.maximum(stages.starts, start) for _, start, end in runs
    )
    times = [
        around[group].repeats if group in around else np.maximum(next(repeats), 0)
        for group in groups
    ]
    one_of, rank_of = distinct_rows([rank_of])
    units = Units(tensors, kinds, one_of, moved)
    columns = [np.broadcast_to(rank_of[:, None], stages.shape), *times]
    first, which = distinct_rows([np.ascontiguousarray(column).ravel() for column in columns])
    ranks, *orders = (column.ravel()[first].tolist() for column in columns)
    losses = np.zeros((2, len(first)), dtype=np.int64)
    for index, (rank, order) in enumerate(zip(ranks, zip(*orders, strict=True), strict=True)):
        held = zip(groups, order, strict=True)
        lost = _lost(
            [(units.of(group)[rank], count) for group, count in held if count], split_limit
        )
        losses[:, index] = lost.wasted, lost.unused
    wasted, unused = losses[:, which].reshape(2, *stages.shape)
    return wasted, unused


def _lost(sequence: list[tuple[Unit, int]], split_limit: int) -> Placed:
    repacks = any(unit.moves for unit, _ in sequence)
    return (repacked if repacks else placed)(tuple(sequence), split_limit)


def _runs(kind_of: list[int]) -> list[tuple[int, int, int]]:
    """Layers of one kind that follow one another: the kind, the first, and one past the last.

    >>> _runs([1, 1, 0, 1])
    [(1, 0, 2), (0, 2, 3), (1, 3, 4)]
    """
    starts = [n for n, kind in enumerate(kind_of) if n == 0 or kind != kind_of[n - 1]]
    ends = [*starts[1:], len(kind_of)]
    return [(kind_of[start], start, end) for start, end in zip(starts, ends, strict=True)]
