"""The arithmetic of one layout: each formula with its numbers, for ``--show-math``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.plan import MathStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case


def arithmetic(case: Case, row: int) -> tuple[MathStep, ...]:
    """Every figure of a row's tightest stage, in the order in which vLLM comes to it."""
    if not case.plannable[row]:
        return ()
    return (*_budget(case, row), *_terms(case, row), *_cache(case, row))


def _step(
    term: str, formula: str, numbers: dict[str, int | float | str], size: int | None, source: str
) -> MathStep:
    return MathStep.model_construct(
        term=term, formula=formula, numbers=numbers, bytes=size, source=source
    )


def _budget(case: Case, row: int) -> Iterator[MathStep]:
    budget, stage = case.budget, int(case.tightest_stage[row])
    yield _step(
        "budget",
        "ceil(memory x gpu_memory_utilization)",
        {
            "memory": budget.memory_bytes,
            "gpu_memory_utilization": case.settings.gpu_memory_utilization,
        },
        budget.budget_bytes,
        "vllm.v1.worker.utils.request_memory",
    )
    yield _step(
        "free beside the budget",
        "memory - budget - outside",
        {
            "memory": budget.memory_bytes,
            "budget": budget.budget_bytes,
            "outside": int(budget.outside.mid[row, stage]),
        },
        int(budget.free_bytes[row, stage]),
        "vllm.v1.worker.gpu_worker.Worker.init_device",
    )


def _terms(case: Case, row: int) -> Iterator[MathStep]:
    budget, stage = case.budget, int(case.tightest_stage[row])
    first, end = int(case.stages.starts[row, stage]), int(case.stages.ends[row, stage])
    constructed = {
        "parameters": int(case.weights.parameter_bytes[row, stage]),
        "buffers": int(case.weights.buffer_bytes[row, stage]),
        "post_load": int(budget.post_load_bytes[row, stage]),
        "allocator": int(budget.allocator_bytes[row, stage]),
    }
    yield _step(
        f"weights of stage {stage} (layers {first} to {end - 1})",
        "parameters + buffers + post_load + allocator",
        dict(constructed),
        int(budget.weights_bytes[row, stage]),
        "vllm.model_executor.model_loader.utils.initialize_model",
    )
    left = {
        "budget": budget.budget_bytes,
        "weights": int(budget.weights_bytes[row, stage]),
        "activation": int(budget.activation.mid[row, stage]),
        "graphs": int(budget.graphs.mid[row, stage]),
        "non_torch": int(budget.non_torch.mid[row, stage]),
    }
    yield _step(
        f"KV cache of stage {stage}",
        "budget - weights - activation - graphs - non_torch",
        dict(left),
        int(budget.kv_cache.mid[row, stage]),
        "vllm.v1.worker.gpu_worker.Worker.determine_available_memory",
    )


def _cache(case: Case, row: int) -> Iterator[MathStep]:
    plan, stage = case.kv.plan(row), int(case.tightest_stage[row])
    if plan is None or not plan.groups:
        return
    length = int(case.max_model_len[row])
    blocks = int(case.kv.num_blocks[row])
    per_request = sum(int(count) for count in plan.blocks_per_group(length))
    yield _step(
        "blocks",
        "floor(kv_cache / bytes_per_block), the fewest over stages",
        {
            "kv_cache": int(case.kv_cache_bytes.mid[row]),
            "bytes_per_block": plan.bytes_per_block[stage],
            "block_size_tokens": plan.block_size,
            "num_blocks": blocks,
        },
        None,
        "vllm.v1.core.kv_cache_planning.get_kv_cache_configs",
    )
    yield _step(
        "requests at a time",
        "num_blocks / blocks_per_request",
        {
            "num_blocks": blocks,
            "blocks_per_request": per_request,
            "max_model_len": length,
            "max_concurrency": round(blocks / max(per_request, 1), 2),
        },
        None,
        "vllm.v1.core.kv_cache_utils.get_kv_cache_capacity",
    )
