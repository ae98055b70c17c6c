"""What loading adds to each stage's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.post_load import LoadedLayouts, post_load_bytes, repacked_bytes
from planner.memory.tensors import Ranks, expert_shard, linear_shard
from planner.model.cache import Mla
from planner.model.modules import Experts, Linear
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.model.layer_kinds import LayerKind
    from planner.units import Ints


def loading_adds(grid: Grid) -> Ints:
    """Bytes on each stage's fullest rank: Int64[rows, stages]."""
    total = np.zeros(grid.stages.shape, dtype=np.int64)
    if grid.quantization is UNQUANTIZED:
        return total
    latents = {
        layer.modules: cache
        for layer in grid.architecture.kinds
        for cache in layer.caches
        if isinstance(cache, Mla)
    }
    counts = grid.kinds.counts(grid.stages.starts, grid.stages.ends)
    for layers, kind in zip(counts, grid.kinds.kinds, strict=True):
        total += layers * _repacked(grid, kind)
        cache = latents.get(tuple(module for module, _ in kind.modules))
        if cache is not None:
            total += _absorbed(grid, kind, cache, layers)
    return total


def _repacked(grid: Grid, kind: LayerKind) -> Ints:
    """Of one layer of a kind: Int64[rows, 1]."""
    layouts = grid.layouts
    ranks = Ranks(
        tp=layouts.tp,
        moe_tp=layouts.moe_tp,
        ep_size=layouts.ep_size,
        expert_parallel=layouts.ep,
        dtype_bytes=grid.settings.dtype_bytes,
        capability=grid.settings.capability,
    )
    loaded = LoadedLayouts(
        mxfp4_experts=grid.version.mxfp4_experts, awq_kernel=grid.version.awq_kernel
    )
    total = np.zeros(len(layouts), dtype=np.int64)
    for module, scheme in kind.modules:
        if isinstance(module, Linear):
            total = total + repacked_bytes(linear_shard(module, ranks), scheme, loaded)
        elif isinstance(module, Experts):
            total = total + repacked_bytes(expert_shard(module, ranks), scheme, loaded)
    return total[:, None]


def _absorbed(grid: Grid, kind: LayerKind, cache: Mla, layers: Ints) -> Ints:
    up = [s for m, s in kind.modules if isinstance(m, Linear) and "kv_b_proj" in m.name]
    return post_load_bytes(
        layers=layers,
        heads=(grid.architecture.num_attention_heads // grid.layouts.tp)[:, None],
        kv_lora_rank=cache.kv_lora_rank,
        qk_nope_head_dim=cache.qk_nope_head_dim,
        v_head_dim=cache.v_head_dim,
        dtype_bytes=grid.settings.dtype_bytes,
        quantized=any(scheme is not UNQUANTIZED for scheme in up),
    )
