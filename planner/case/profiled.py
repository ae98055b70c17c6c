"""What the profile run of a case takes, and what is kept back for decoding videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.term_constants import constants
from planner.constants import ROCM
from planner.memory.activation import ProfileRun, activation_bytes, warm_up_bytes
from planner.memory.encoder_profile import (
    encoder_batch,
    encoder_kept_bytes,
    encoder_peak_bytes,
)
from planner.memory.sparse_workspace import SparseWorkspace, sparse_workspace
from planner.memory.widths import ExpertKernels, activation_shape
from planner.units import GIB

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.memory.interval import Interval
    from planner.units import Ints


def coupled(grid: Grid) -> Ints:
    """Data-parallel ranks that communicate: those of a model with experts."""
    return np.where(grid.has_experts, grid.layouts.dp, 1)[:, None]


def profiled_bytes(grid: Grid) -> tuple[Interval, Interval]:
    """The profiled peak, and what the warm-up takes beyond it."""
    tokens = grid.settings.max_num_batched_tokens
    run = ProfileRun(
        tokens=tokens,
        sequences=grid.settings.max_num_seqs,
        expert_tokens=tokens * coupled(grid),
        constants=constants(grid, "activation"),
        sparse=_sparse(grid),
    )
    shape = activation_shape(
        grid.architecture,
        grid.kinds,
        grid.layouts,
        grid.stages,
        dtype_bytes=grid.settings.dtype_bytes,
        kernels=ExpertKernels(
            capability=grid.settings.capability,
            blackwell_experts=grid.version.blackwell_experts,
        ),
    )
    kept, peak = _encoder(grid)
    activation = activation_bytes(
        shape,
        run,
        first=grid.stages.first,
        last=grid.stages.last,
        encoder_peak=peak,
        encoder_kept=kept,
    )
    return activation, warm_up_bytes(shape, run, activation, last=grid.stages.last)


def _sparse(grid: Grid) -> SparseWorkspace:
    settings = grid.settings
    return sparse_workspace(
        grid.architecture,
        grid.version,
        rocm=grid.group.accelerator.platform == ROCM,
        max_model_len=settings.max_model_len,
        tokens=settings.max_num_batched_tokens,
        decode_tokens=settings.max_num_seqs * (1 + settings.speculative_tokens),
    )


def _encoder(grid: Grid) -> tuple[Interval | None, Interval | None]:
    """What the encoder leaves while the layers run, and its own peak, where it is profiled."""
    items, settings = grid.encoder_items, grid.settings
    limits = (grid.arguments.limit_mm_per_prompt or {}).values()
    without = bool(limits) and all(limit == 0 for limit in limits)
    if items is None or not grid.architecture.tower or without or grid.arguments.skip_mm_profiling:
        return None, None
    batch = encoder_batch(
        items,
        tokens=settings.max_num_batched_tokens,
        sequences=settings.max_num_seqs,
        max_model_len=settings.max_model_len,
    )
    measured, dtype_bytes = constants(grid, "activation"), settings.dtype_bytes
    kept = encoder_kept_bytes(
        items, batch, measured, hidden=grid.architecture.hidden_size, dtype_bytes=dtype_bytes
    )
    split = np.ones_like(grid.layouts.tp) if _whole_encoder(grid) else grid.layouts.tp
    peak = encoder_peak_bytes(
        grid.architecture.tower, items, batch, measured, tp=split[:, None], dtype_bytes=dtype_bytes
    )
    return kept, peak


def _whole_encoder(grid: Grid) -> bool:
    """Whether each rank encodes with the whole encoder, some of the items each."""
    return grid.arguments.mm_encoder_tp_mode == "data"


def withheld_bytes(grid: Grid) -> int:
    """What is kept back of the KV cache, for decoding videos in the HTTP server.

    Source: vllm.multimodal.gpu_ipc_memory.reserve_mm_ipc_gpu_memory (0.33.0)
    """
    return round((grid.arguments.mm_ipc_gpu_memory_gb or 0) * GIB) if grid.encoder_items else 0
