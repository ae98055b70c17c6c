"""The memory terms of a case, put together into its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.post_load import loading_adds
from planner.case.rotary import rotary_leftover
from planner.constants import ROCM, Constant, platform_family
from planner.memory.activation import ProfileRun, activation_bytes, warm_up_bytes
from planner.memory.allocator import AllocatorLoss, allocator_bytes
from planner.memory.budget import Budget, requested_bytes
from planner.memory.cuda_graphs import (
    CapturePlan,
    GraphMode,
    capture_plan,
    captured_graph_bytes,
    cuda_graph_bytes,
    graph_bytes_beside_budget,
)
from planner.memory.encoder_profile import (
    encoder_batch,
    encoder_kept_bytes,
    encoder_peak_bytes,
)
from planner.memory.interval import Interval
from planner.memory.non_torch import non_torch_bytes, outside_budget_bytes, runner_state_bytes
from planner.memory.sparse_workspace import SparseWorkspace, sparse_workspace
from planner.memory.widths import ExpertKernels, activation_shape
from planner.units import GIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case.grid import Grid
    from planner.units import Ints

#: multiprocessors of a board whose count is not recorded
_USUAL_MULTIPROCESSORS = 132


def grid_budget(grid: Grid) -> Budget:
    """Every term of every stage's fullest rank."""
    accelerator = grid.group.accelerator
    loss = _allocator_loss(grid)
    graphs, beside = _graphs(grid)
    activation, warm_up = _activation(grid)
    fixed = grid.arguments.kv_cache_memory_bytes
    # what is alike on all stages has a column for each, as the rest has
    on_stages = Interval.exact(np.zeros(grid.stages.shape, dtype=np.int64))
    return Budget(
        memory_bytes=accelerator.memory_bytes,
        budget_bytes=requested_bytes(
            accelerator.memory_bytes, grid.settings.gpu_memory_utilization
        ),
        constructed_bytes=grid.weights.constructed_bytes,
        post_load_bytes=loading_adds(grid),
        allocator_bytes=_rounding(grid, loss),
        activation=activation,
        graphs=graphs,
        non_torch=_non_torch(grid, loss) + Interval.exact(_withheld(grid)) + on_stages,
        before=_before(grid) + on_stages,
        beside=beside + warm_up,
        kv_cache_bytes_fixed=None if fixed is None else fixed - _withheld(grid),
    )


def _withheld(grid: Grid) -> int:
    """What is kept back of the KV cache, for decoding videos in the HTTP server.

    Source: vllm.multimodal.gpu_ipc_memory.reserve_mm_ipc_gpu_memory (0.33.0)
    """
    return round((grid.arguments.mm_ipc_gpu_memory_gb or 0) * GIB) if grid.encoder_items else 0


def constants(grid: Grid, name: str) -> Mapping[str, Constant]:
    """A term's constants for the case's vLLM version, platform and model runner."""
    return grid.calibration.term(name, *constants_key(grid))


def constants_key(grid: Grid) -> tuple[tuple[int, int], str, str]:
    """By what constants are looked up: version, platform family and model runner."""
    family = platform_family(grid.group.accelerator.platform, grid.settings.capability)
    return grid.version.number, family, "v2" if grid.runner_v2 else "v1"


def _coupled(grid: Grid) -> Ints:
    """Data-parallel ranks that communicate: those of a model with experts."""
    return np.where(grid.has_experts, grid.layouts.dp, 1)[:, None]


def _allocator_loss(grid: Grid) -> AllocatorLoss:
    return allocator_bytes(
        (tensor.tensor_bytes for tensor in grid.tensors),
        (tensor.count for tensor in grid.tensors),
        split_limit=_split_limit(grid),
    )


def _rounding(grid: Grid, loss: AllocatorLoss) -> Ints:
    """What rounding costs the weights; nothing where tensors move to host memory one by one."""
    if grid.arguments.cpu_offload_gb:
        return np.zeros(grid.stages.shape, dtype=np.int64)
    return loss.allocated_bytes + rotary_leftover(grid, _split_limit(grid))


def _split_limit(grid: Grid) -> int:
    return int(constants(grid, "allocator")["split_limit_bytes"].mid)


def _activation(grid: Grid) -> tuple[Interval, Interval]:
    """The profiled peak, and what the warm-up takes beyond it."""
    tokens = grid.settings.max_num_batched_tokens
    run = ProfileRun(
        tokens=tokens,
        sequences=grid.settings.max_num_seqs,
        expert_tokens=tokens * _coupled(grid),
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


def _graphs(grid: Grid) -> tuple[Interval, Interval]:
    """What is taken off the budget for graphs, and what they take beside it."""
    plan = graph_plan(grid)
    reserved = reserved_graphs(grid, plan)
    return reserved, graph_bytes_beside_budget(captured_graphs(grid, plan), reserved)


def graph_plan(grid: Grid) -> CapturePlan:
    """How many CUDA graphs are captured: Int64[rows]."""
    settings, compilation = grid.settings, grid.settings.compilation
    of_class = grid.version.largest_capture.get(grid.architecture.name)
    return capture_plan(
        constants(grid, "cuda_graphs"),
        tokens=settings.max_num_batched_tokens,
        sequences=settings.max_num_seqs,
        mode=GraphMode(compilation.graph_mode),
        speculative_tokens=settings.speculative_tokens,
        largest=compilation.largest_capture or of_class,
        sizes=compilation.capture_sizes,
        with_and_without_adapters=bool(grid.arguments.enable_lora),
    )


def reserved_graphs(grid: Grid, plan: CapturePlan) -> Interval:
    """What is taken off the budget for some graphs: Interval[rows, stages]."""
    return cuda_graph_bytes(plan, constants(grid, "cuda_graphs"), grid.stages.layers)


def captured_graphs(grid: Grid, plan: CapturePlan) -> Interval:
    """What capturing some graphs takes on each stage's rank: Interval[rows, stages]."""
    return captured_graph_bytes(plan, constants(grid, "cuda_graphs"), grid.stages.layers)


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
        dp=_coupled(grid),
        switched=grid.switched,
        fuses_all_reduce=grid.settings.compilation.fuses_all_reduce,
        runner_state=state if grid.runner_v2 else 0,
        reserved_loss=loss.reserved_bytes,
    )


def _before(grid: Grid) -> Interval:
    before = outside_budget_bytes(
        constants(grid, "outside_budget"),
        multiprocessors=grid.group.accelerator.compute_units or _USUAL_MULTIPROCESSORS,
        tp=grid.layouts.tp[:, None],
        pp=grid.layouts.pp[:, None],
        dp=_coupled(grid),
    )
    return before + Interval.exact(grid.group.taken_bytes)
