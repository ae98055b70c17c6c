"""The memory terms of a case, put together into its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.graphs import graph_bytes
from planner.case.latent_context import gathered_latent_bytes, latent_context_rows
from planner.case.offload import fetch_buffer_bytes, offloads
from planner.case.post_load import loading_adds, moved_by_kernels, ranks_of
from planner.case.profiled import coupled, profiled_bytes, withheld_bytes
from planner.case.term_constants import constants
from planner.memory.allocator import AllocatorLoss, allocator_bytes
from planner.memory.budget import Budget, requested_bytes
from planner.memory.interval import Interval
from planner.memory.non_torch import non_torch_bytes, outside_budget_bytes, runner_state_bytes
from planner.memory.weights import distinct_ranks

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.memory.kv_cache.planned import PlannedRows
    from planner.units import Ints

#: multiprocessors of a board whose count is not recorded
_USUAL_MULTIPROCESSORS = 132


def grid_budget(grid: Grid, planned: PlannedRows) -> Budget:
    """Every term of every stage's fullest rank; ``planned`` is how the KV cache is laid out."""
    accelerator = grid.group.accelerator
    loss = _allocator_loss(grid)
    graphs, beside = graph_bytes(grid)
    rows = latent_context_rows(grid, planned)
    activation, warm_up = profiled_bytes(grid, rows)
    unseen = _unseen(grid)
    fixed = grid.arguments.kv_cache_memory_bytes
    # what is alike on all stages has a column for each, as the rest has
    on_stages = Interval.exact(np.zeros(grid.stages.shape, dtype=np.int64))
    return Budget(
        memory_bytes=accelerator.memory_bytes,
        budget_bytes=requested_bytes(
            accelerator.memory_bytes, grid.settings.gpu_memory_utilization
        ),
        budget_bytes_high=requested_bytes(
            accelerator.memory_bytes_high or accelerator.memory_bytes,
            grid.settings.gpu_memory_utilization,
        ),
        constructed_bytes=grid.weights.constructed_bytes,
        post_load_bytes=loading_adds(grid),
        allocator_bytes=_rounding(grid, loss),
        activation=activation,
        graphs=graphs,
        non_torch=(_non_torch(grid, loss) + Interval.exact(withheld_bytes(grid))).minus(unseen)
        + on_stages,
        before=_before(grid) + on_stages,
        beside=beside + warm_up + unseen + Interval.exact(gathered_latent_bytes(grid, rows)),
        kv_cache_bytes_fixed=None if fixed is None else fixed - withheld_bytes(grid),
    )


def _allocator_loss(grid: Grid) -> AllocatorLoss:
    settings = grid.settings
    _, rank_of = distinct_ranks(
        grid.layouts, dtype_bytes=settings.dtype_bytes, capability=settings.capability
    )
    limit = int(constants(grid, "allocator")["split_limit_bytes"].mid)
    return allocator_bytes(
        grid.tensors,
        grid.kinds,
        grid.stages,
        rank_of,
        split_limit=limit,
        moved=moved_by_kernels(grid),
    )


def _rounding(grid: Grid, loss: AllocatorLoss) -> Ints:
    """What blocks cost the weights; nothing where tensors move to host memory one by one."""
    if offloads(grid.arguments):
        return np.zeros(grid.stages.shape, dtype=np.int64)
    return loss.allocated_bytes


def _unseen(grid: Grid) -> Interval:
    """What sleep mode's allocator holds that early releases do not see: Interval of one size.

    They take it off the budget's other terms, so the KV cache is larger by it, and all together
    is more than the share. From 0.27 on sleep mode changes nothing: its allocator maps memory in
    the same 2 MiB steps, and what it holds is counted by the device.

    Source: vllm.device_allocator.cumem.CuMemAllocator.use_memory_pool,
    vllm.utils.mem_utils.memory_profiling (0.19.1, 0.27.0, 0.33.0)
    """
    seen = not grid.arguments.enable_sleep_mode
    size = Interval.product(1, constants(grid, "non_torch")["unseen_in_sleep_mode"])
    return size.times(0) if seen else size


def _non_torch(grid: Grid, loss: AllocatorLoss) -> Interval:
    state = runner_state_bytes(
        sequences=grid.settings.max_num_seqs,
        tokens=grid.settings.max_num_batched_tokens,
        vocabulary=grid.architecture.vocab_size,
        hidden=grid.architecture.hidden_size,
        dtype_bytes=grid.settings.dtype_bytes,
        first=grid.stages.first,
        last=grid.stages.last,
    )
    return non_torch_bytes(
        constants(grid, "non_torch"),
        tp=grid.layouts.tp[:, None],
        pp=grid.layouts.pp[:, None],
        dp=coupled(grid),
        switched=grid.switched,
        fuses_all_reduce=grid.settings.compilation.fuses_all_reduce,
        runner_state=(state if grid.runner_v2 else 0) + fetch_buffer_bytes(grid, ranks_of(grid)),
        reserved_loss=loss.reserved_bytes,
    )


def _before(grid: Grid) -> Interval:
    before = outside_budget_bytes(
        constants(grid, "outside_budget"),
        multiprocessors=grid.group.accelerator.compute_units or _USUAL_MULTIPROCESSORS,
        tp=grid.layouts.tp[:, None],
        pp=grid.layouts.pp[:, None],
        dp=coupled(grid),
    )
    return before + Interval.exact(grid.group.taken_bytes)
