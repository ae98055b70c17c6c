"""The arithmetic of one layout: each formula with its numbers, for ``--show-math``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_columns import served_at
from planner.plan import MathStep
from planner.rank.prospect import full_load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.case import Case
    from planner.speed.serving import Served
    from planner.units import Floats


def arithmetic(case: Case, row: int) -> tuple[MathStep, ...]:
    """Every figure of a row's tightest stage, in the order in which vLLM comes to it."""
    if not case.plannable[row]:
        return ()
    return (*_budget(case, row), *_terms(case, row), *_cache(case, row), *_speed(case, row))


def _step(
    term: str, formula: str, numbers: Mapping[str, int | float | str], size: int | None, source: str
) -> MathStep:
    return MathStep.model_construct(
        term=term, formula=formula, numbers=dict(numbers), bytes=size, source=source
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


def _speed(case: Case, row: int) -> Iterator[MathStep]:
    """Of one engine under the load; nothing where its speed is not known."""
    if case.architecture.pooling or case.placement.hosts[row] > case.placement.nodes:
        return
    workload, shape = case.workload, (len(case.layouts), 1)
    rate = workload.request_rate if workload.concurrency is None else None
    if rate is None:
        users = full_load(case)[:, np.newaxis]
        if workload.concurrency is not None:
            users = np.full(shape, float(workload.concurrency))
        served, engines = served_at(case, concurrency=users)
    else:
        served, engines = served_at(case, request_rate=np.full(shape, rate))
    if np.isfinite(served.ttft_s[row, 0]) and np.isfinite(served.tpot_s[row, 0]):
        yield _tpot(case, row, served, at_rate=rate is not None)
        yield _ttft(row, served)
        yield _throughput(case, row, served, engines)


def _tpot(case: Case, row: int, served: Served, *, at_rate: bool) -> MathStep:
    closed = "(step + stall x (running - 1) x tokens_per_step / output_tokens) / tokens_per_step"
    numbers: dict[str, int | float | str] = {
        "step_ms": _ms(served.pace.step_s, row),
        "stall_ms": _ms(served.pace.stall_s, row),
        "running": round(float(served.pace.running[row, 0]), 2),
        "output_tokens": round(case.server.load.output_tokens, 1),
        "tokens_per_step": round(case.server.load.tokens_per_step, 3),
        "tpot_ms": _ms(served.tpot_s, row),
    }
    if at_rate:
        numbers["busy"] = round(float(served.busy[row, 0]), 4)
    formula = "step / tokens_per_step / (1 - busy)" if at_rate else closed
    return _step("each further token", formula, numbers, None, "planner explain tpot")


def _ttft(row: int, served: Served) -> MathStep:
    own = served.ttft_s - served.queue_s - served.cold_s - served.wait_s
    shares = {"own": own, "queue": served.queue_s, "cold": served.cold_s, "wait": served.wait_s}
    return _step(
        "first token",
        "own + queue + cold + wait",
        {f"{name}_ms": _ms(share, row) for name, share in shares.items()}
        | {"ttft_ms": _ms(served.ttft_s, row)},
        None,
        "planner explain ttft",
    )


def _throughput(case: Case, row: int, served: Served, engines: Floats) -> MathStep:
    requests = float(served.requests_per_s[row, 0] * engines[row, 0])
    output = case.server.load.output_tokens
    return _step(
        "throughput",
        "requests_per_s x output_tokens",
        {
            "requests_per_s": round(requests, 3),
            "output_tokens": round(output, 1),
            "output_tokens_per_s": round(requests * output, 1),
        },
        None,
        "planner explain throughput",
    )


def _ms(seconds: Floats, row: int) -> float:
    return round(1000 * float(seconds[row, 0]), 3)
