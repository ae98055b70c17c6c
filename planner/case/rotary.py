"""What weights lose in the blocks that computing the rotary table left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.allocator import rotary_leftover_bytes
from planner.memory.tensors import Ranks, module_tensors
from planner.model.modules import Buffer, Linear

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.model.layer_kinds import LayerKind
    from planner.units import Ints


def rotary_leftover(grid: Grid, split_limit: int) -> Ints:
    """Bytes on each stage's rank: Int64[rows, stages].

    The first layer of a stage computes its table when its attention is built; its MLP and the
    next layer's attention then move into what is free again. Layers of a kind are alike, so
    each stage is judged by the kind of its first layer.
    Source: as ``planner.memory.allocator.rotary_leftover_bytes``.
    """
    total = np.zeros(grid.stages.shape, dtype=np.int64)
    counts = grid.kinds.counts(grid.stages.starts, grid.stages.starts + 1 - _empty(grid))
    for kind, starts_here in zip(grid.kinds.kinds, counts, strict=True):
        tables = [m.elements for m, _ in kind.modules if isinstance(m, Buffer) and m.shared]
        if tables:
            sizes = _sizes_after_table(grid, kind)
            lost = rotary_leftover_bytes(max(tables), sizes, split_limit)
            total += starts_here * np.broadcast_to(lost, (len(grid.layouts),))[:, None]
    return total


def _empty(grid: Grid) -> Ints:
    """1 where a stage holds no layer."""
    empty: Ints = (grid.stages.layers == 0).astype(np.int64)
    return empty


def _sizes_after_table(grid: Grid, kind: LayerKind) -> list[Ints]:
    """The layer's matrices in the order in which they are built after the table."""
    ranks = Ranks(
        tp=grid.layouts.tp,
        moe_tp=grid.layouts.moe_tp,
        ep_size=grid.layouts.ep_size,
        expert_parallel=grid.layouts.ep,
        dtype_bytes=grid.settings.dtype_bytes,
        capability=grid.settings.capability,
    )
    linears = [(m, scheme) for m, scheme in kind.modules if isinstance(m, Linear)]
    attention = [pair for pair in linears if "att" in pair[0].name]
    others = [pair for pair in linears if pair not in attention]
    return [
        np.asarray(tensor.tensor_bytes, dtype=np.int64)
        for module, scheme in (*others, *attention)
        for tensor in module_tensors(module, scheme, ranks)
    ]
