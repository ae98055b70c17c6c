"""The memory terms of a case, put together into its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.rotary import rotary_leftover
from planner.constants import Constant, platform_family, term
from planner.memory.activation import ProfileRun, activation_bytes
from planner.memory.allocator import AllocatorLoss, allocator_bytes
from planner.memory.budget import Budget, requested_bytes
from planner.memory.cuda_graphs import (
    GraphMode,
    capture_plan,
    captured_graph_bytes,
    cuda_graph_bytes,
    graph_bytes_beside_budget,
)
from planner.memory.interval import Interval
from planner.memory.non_torch import non_torch_bytes, outside_budget_bytes, runner_state_bytes
from planner.memory.post_load import post_load_bytes
from planner.memory.widths import activation_shape
from planner.model.cache import Mla
from planner.model.modules import Linear
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from planner.case.table import Case
    from planner.units import Ints

#: multiprocessors of a board whose count is not recorded
_USUAL_MULTIPROCESSORS = 132


def case_budget(case: Case) -> Budget:
    """Every term of every stage's fullest rank."""
    accelerator = case.group.accelerator
    loss = _allocator_loss(case)
    graphs, beside = _graphs(case)
    return Budget(
        memory_bytes=accelerator.memory_bytes,
        budget_bytes=requested_bytes(
            accelerator.memory_bytes, case.settings.gpu_memory_utilization
        ),
        constructed_bytes=case.weights.constructed_bytes,
        post_load_bytes=_post_load(case),
        allocator_bytes=loss.allocated_bytes + rotary_leftover(case, _split_limit(case)),
        activation=_activation(case),
        graphs=graphs,
        non_torch=_non_torch(case, loss),
        before=_before(case),
        beside=beside,
        kv_cache_bytes_fixed=case.arguments.kv_cache_memory_bytes,
    )


def constants(case: Case, name: str) -> dict[str, Constant]:
    """A term's constants for the case's vLLM version, platform and model runner."""
    family = platform_family(case.group.accelerator.platform, case.settings.capability)
    return term(name, case.version.number, family, "v2" if case.runner_v2 else "v1")


def _coupled(case: Case) -> Ints:
    """Data-parallel ranks that communicate: those of a model with experts."""
    return np.where(case.has_experts, case.layouts.dp, 1)[:, None]


def _allocator_loss(case: Case) -> AllocatorLoss:
    return allocator_bytes(
        (tensor.tensor_bytes for tensor in case.tensors),
        (tensor.count for tensor in case.tensors),
        split_limit=_split_limit(case),
    )


def _split_limit(case: Case) -> int:
    return int(constants(case, "allocator")["split_limit_bytes"].mid)


def _post_load(case: Case) -> Ints:
    """Copies of latent attention's projections: Int64[rows, stages]."""
    total = np.zeros(case.stages.shape, dtype=np.int64)
    latents = {
        layer.modules: cache
        for layer in case.architecture.kinds
        for cache in layer.caches
        if isinstance(cache, Mla)
    }
    counts = case.kinds.counts(case.stages.starts, case.stages.ends)
    for layers, kind in zip(counts, case.kinds.kinds, strict=True):
        cache = latents.get(tuple(module for module, _ in kind.modules))
        if cache is None:
            continue
        up = [s for m, s in kind.modules if isinstance(m, Linear) and "kv_b_proj" in m.name]
        total += post_load_bytes(
            layers=layers,
            heads=(case.architecture.num_attention_heads // case.layouts.tp)[:, None],
            kv_lora_rank=cache.kv_lora_rank,
            qk_nope_head_dim=cache.qk_nope_head_dim,
            v_head_dim=cache.v_head_dim,
            dtype_bytes=case.settings.dtype_bytes,
            quantized=any(scheme is not UNQUANTIZED for scheme in up),
        )
    return total


def _activation(case: Case) -> Interval:
    tokens = case.settings.max_num_batched_tokens
    run = ProfileRun(
        tokens=tokens,
        sequences=case.settings.max_num_seqs,
        expert_tokens=tokens * _coupled(case),
        constants=constants(case, "activation"),
    )
    shape = activation_shape(
        case.architecture, case.layouts, case.stages, dtype_bytes=case.settings.dtype_bytes
    )
    return activation_bytes(shape, run, first=case.stages.first, last=case.stages.last)


def _graphs(case: Case) -> tuple[Interval, Interval]:
    """What is taken off the budget for graphs, and what they take beside it."""
    settings, measured = case.settings, constants(case, "cuda_graphs")
    plan = capture_plan(
        measured,
        tokens=settings.max_num_batched_tokens,
        sequences=settings.max_num_seqs,
        mode=GraphMode.NONE if settings.enforce_eager else GraphMode.FULL_AND_PIECEWISE,
        speculative_tokens=settings.speculative_tokens,
        largest=case.arguments.max_cudagraph_capture_size,
    )
    captured = captured_graph_bytes(plan, measured, case.stages.layers)
    reserved = cuda_graph_bytes(plan, measured, case.stages.layers)
    return reserved, graph_bytes_beside_budget(captured, reserved)


def _non_torch(case: Case, loss: AllocatorLoss) -> Interval:
    state = runner_state_bytes(
        sequences=case.settings.max_num_seqs,
        tokens=case.settings.max_num_batched_tokens,
        vocabulary=case.architecture.vocab_size,
        hidden=case.architecture.hidden_size,
        dtype_bytes=case.settings.dtype_bytes,
        first=case.stages.first,
        last=case.stages.last,
    )
    return non_torch_bytes(
        constants(case, "non_torch"),
        tp=case.layouts.tp[:, None],
        pp=case.layouts.pp[:, None],
        dp=_coupled(case),
        switched=case.switched,
        compiled=not case.settings.enforce_eager,
        runner_state=state if case.runner_v2 else 0,
        reserved_loss=loss.reserved_bytes,
    )


def _before(case: Case) -> Interval:
    before = outside_budget_bytes(
        constants(case, "outside_budget"),
        multiprocessors=case.group.accelerator.compute_units or _USUAL_MULTIPROCESSORS,
        tp=case.layouts.tp[:, None],
        pp=case.layouts.pp[:, None],
        dp=_coupled(case),
    )
    return before + Interval.exact(case.group.taken_bytes)
