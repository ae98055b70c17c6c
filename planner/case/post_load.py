"""What loading adds to each stage's weights, and what it leaves in host memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.deep_gemm import deep_gemm_bytes
from planner.case.offload import offloaded_bytes, offloads
from planner.constants import ROCM
from planner.memory.lora import LoraSlots, slot_bytes
from planner.memory.post_load import (
    LoadedLayouts,
    Moved,
    moved_tensors,
    post_load_bytes,
    repacked_bytes,
)
from planner.memory.tensors import Ranks, expert_shard, linear_shard
from planner.model.cache import Mla
from planner.model.modules import Experts, Linear
from planner.quant.unquantized import UNQUANTIZED
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.case.grid import Grid
    from planner.model.layer_kinds import LayerKind
    from planner.model.modules import Module
    from planner.quant.base import Scheme
    from planner.units import IntLike, Ints

#: ``--max-lora-rank`` where it is not given
_DEFAULT_RANK = 16


def loading_adds(grid: Grid) -> Ints:
    """Bytes on each stage's fullest rank, negative where weights stay away: Int64[rows, stages].

    Counted: kernels' own layouts of quantized weights, tensors for a whole batch, adapter slots,
    DeepGEMM's workspace; less what is kept in host memory.
    """
    ranks = ranks_of(grid)
    total = _batch_tensors(grid) + np.where(grid.stages.exists, deep_gemm_bytes(grid), 0)
    if grid.quantization is not UNQUANTIZED:
        total = total + _kernel_layouts(grid, ranks)
    if grid.arguments.enable_lora:
        total = total + _adapters(grid, ranks)
    if offloads(grid.arguments):
        total = total - offloaded_bytes(grid, ranks)
    return total


def ranks_of(grid: Grid) -> Ranks:
    """What a rank's share of a module depends on, as columns."""
    layouts = grid.layouts
    return Ranks(
        tp=layouts.tp,
        moe_tp=layouts.moe_tp,
        ep_size=layouts.ep_size,
        expert_parallel=layouts.ep,
        dtype_bytes=grid.settings.dtype_bytes,
        capability=grid.settings.capability,
    )


def _of_kinds(grid: Grid, of_module: Callable[[Module, Scheme], IntLike]) -> Ints:
    """A sum over the modules of each stage's layers: Int64[rows, stages]."""
    total = np.zeros(grid.stages.shape, dtype=np.int64)
    counts = grid.kinds.counts(grid.stages.starts, grid.stages.ends)
    for layers, kind in zip(counts, grid.kinds.kinds, strict=True):
        of_layer = np.zeros(len(grid.layouts), dtype=np.int64)
        for module, scheme in kind.modules:
            of_layer = of_layer + of_module(module, scheme)
        total += layers * of_layer[:, None]
    return total


def _batch_tensors(grid: Grid) -> Ints:
    tokens, tensors = grid.settings.max_num_batched_tokens, grid.batch_tensors
    first = tokens * tensors.first_elements * grid.settings.dtype_bytes
    has_tower = bool(grid.architecture.tower)
    on_first = np.where(grid.stages.first & has_tower, first, 0)
    on_each: Ints = on_first + np.where(grid.stages.exists, tokens * tensors.every_bytes, 0)
    return on_each


def moved_by_kernels(grid: Grid) -> dict[int, list[tuple[Module, Moved]]]:
    """The tensors of each kind of layer that kernels make anew after loading."""
    if grid.quantization is UNQUANTIZED or grid.group.accelerator.platform == ROCM:
        return {}
    ranks, loaded = ranks_of(grid), _loaded(grid)
    return {
        number: [
            (module, moved)
            for module, scheme in kind.modules
            if isinstance(module, Linear)
            for moved in moved_tensors(linear_shard(module, ranks), scheme, loaded)
        ]
        for number, kind in enumerate(grid.kinds.kinds)
    }


def _loaded(grid: Grid) -> LoadedLayouts:
    rocm = grid.group.accelerator.platform == ROCM
    return LoadedLayouts(
        mxfp4_experts=grid.version.mxfp4_experts,
        awq_kernel=grid.version.awq_kernel,
        rocm_mxfp4_step=grid.version.rocm_mxfp4_step if rocm else 0,
    )


def _kernel_layouts(grid: Grid, ranks: Ranks) -> Ints:
    loaded = _loaded(grid)

    def grown(module: Module, scheme: Scheme) -> IntLike:
        if isinstance(module, Linear):
            return repacked_bytes(linear_shard(module, ranks), scheme, loaded)
        if isinstance(module, Experts):
            return repacked_bytes(expert_shard(module, ranks), scheme, loaded)
        return 0

    total = _of_kinds(grid, grown)
    latents = {
        layer.modules: cache
        for layer in grid.architecture.kinds
        for cache in layer.caches
        if isinstance(cache, Mla)
    }
    counts = grid.kinds.counts(grid.stages.starts, grid.stages.ends)
    for layers, kind in zip(counts, grid.kinds.kinds, strict=True):
        cache = latents.get(tuple(module for module, _ in kind.modules))
        if cache is not None:
            total = total + _absorbed(grid, kind, cache, layers)
    return total


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


def _adapters(grid: Grid, ranks: Ranks) -> Ints:
    arguments, architecture = grid.arguments, grid.architecture
    slots = LoraSlots(
        adapters=arguments.max_loras or 1,
        rank=arguments.max_lora_rank or _DEFAULT_RANK,
        dtype_bytes=DTYPE_BYTES.get(arguments.lora_dtype or "", grid.settings.dtype_bytes),
        fully_sharded=bool(arguments.fully_sharded_loras),
        embeddings=architecture.name in grid.version.lora_embeddings,
    )
    total = _of_kinds(grid, lambda module, _: slot_bytes(module, ranks, slots))
    for modules, here in (
        (architecture.first, grid.stages.first),
        (architecture.ends, grid.stages.first | grid.stages.last),
        (architecture.last, grid.stages.last),
    ):
        for module in modules:
            total = total + np.where(here, slot_bytes(module, ranks, slots)[..., None], 0)
    return total
