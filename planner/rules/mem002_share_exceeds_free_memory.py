"""The asked share of memory is not free.

What it checks:
    gpu_memory_utilization x total is at most what is free once the CUDA context, NCCL and other
    processes have theirs.
Why:
    vLLM's share is of the total, and it checks that much is free before it loads; on a small
    card a share of 0.95 leaves little for the context.

Example:
    ``--gpu-memory-utilization 0.99``; another server that holds 12 GiB (``--memory-taken``).
Fix:
    a smaller ``--gpu-memory-utilization``, or free the GPU.
Source in vLLM:
    ``vllm.v1.worker.utils.request_memory``: ``Free memory on device … is less than desired GPU
    memory utilization``
Versions:
    all
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.units import gib_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.units import Bools
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.log.figures import LogFacts

CODE = "MEM002"
NAME = "share-exceeds-free-memory"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "layout"
REPAIR = "unsafe"
BAD = (
    "--model Qwen/Qwen2.5-0.5B-Instruct --gpus T4 --gpu-memory-utilization 0.999",
    "--gpus H100 --memory-taken 12GiB -- vllm serve Qwen/Qwen2.5-7B-Instruct",
)
GOOD = (
    "--model Qwen/Qwen2.5-0.5B-Instruct --gpus T4 --gpu-memory-utilization 0.9",
    "--model Qwen/Qwen2.5-7B-Instruct --gpus H100 --memory-taken 12GiB",
)
LOG = ("is less than desired GPU memory utilization",)


def broken(case: Case) -> Bools:
    """Rows where even the least that lies beside the budget does not fit in the rest."""
    rest = case.budget.memory_bytes - case.budget.budget_bytes
    short: Bools = np.any(case.budget.before.low > rest, axis=1)
    return short


def explain(case: Case, row: int) -> Explanation:
    """Name the rest and what must fit in it."""
    budget = case.budget
    rest = budget.memory_bytes - budget.budget_bytes
    outside = int(budget.before.mid[row].max())
    free = (budget.memory_bytes - int(budget.before.high[row].max())) / budget.memory_bytes
    share = f"{max(free - 0.005, 0.01):.2f}"
    return Explanation(
        message=(
            f"{case.settings.gpu_memory_utilization:g} of the GPU leaves {gib_text(rest, 2)}, and "
            f"about {gib_text(outside, 2)} is taken before vLLM looks"
        ),
        cause="CUDA context, NCCL and other processes lie beside vLLM's share, which must be free",
        fix=f"use --gpu-memory-utilization {share} or less",
        source="vllm.v1.worker.utils.request_memory",
        repair=Repair(
            safe=False,
            options={"--gpu-memory-utilization": ("--gpu-memory-utilization", share)},
        ),
    )


def remedy(facts: LogFacts, now: VllmArguments) -> Mapping[str, Any]:
    """The share that was free on the fullest GPU, in whole hundredths."""
    del now
    free = [
        (rank.free.size_bytes - rank.free.step_bytes) / rank.total.size_bytes
        for rank in facts.ranks
        if rank.free and rank.total
    ]
    share = math.floor(min(free, default=0.0) * 100) / 100
    return {"gpu_memory_utilization": share} if share > 0 else {}
