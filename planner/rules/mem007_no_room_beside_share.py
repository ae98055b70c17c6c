"""What lies beside vLLM's share has no room.

What it checks:
    the CUDA context, communicators, other processes and the graphs that nothing was set aside
    for go into the part of the GPU that vLLM does not ask for, by the middle estimate.
Why:
    the KV cache fills vLLM's share. What is made after it was sized, and beside it, finds no
    memory: vLLM stops while it captures CUDA graphs or warms up its sampler.

Example:
    80 layers on vLLM 0.19 at ``--gpu-memory-utilization 0.97``: the graphs alone take 2.4 GiB.
Fix:
    a smaller ``--gpu-memory-utilization``, or ``--enforce-eager`` where graphs are the most.
Source in vLLM:
    ``vllm.v1.worker.gpu_worker.Worker.compile_or_warm_up_model``
Versions:
    all; before 0.21 nothing was set aside for graphs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.units import gib_text

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "MEM007"
NAME = "no-room-beside-share"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "layout"
REPAIR = "unsafe"
BAD = (
    (
        "--model DeepSeek-R1-Distill-Llama-70B --gpus 4xH100 -tp 4 --vllm-version 0.19 "
        "--gpu-memory-utilization 0.97"
    ),
)
GOOD = (
    (
        "--model DeepSeek-R1-Distill-Llama-70B --gpus 4xH100 -tp 4 --vllm-version 0.19 "
        "--gpu-memory-utilization 0.9"
    ),
)


def broken(case: Case) -> Bools:
    """Rows with a stage that is short beside the share, where the share itself is free."""
    budget = case.budget
    free = (budget.before.low <= budget.memory_bytes - budget.budget_bytes).all(axis=1)
    short: Bools = np.any((budget.spare.mid < 0) & case.stages.exists, axis=1)
    return case.plannable & free & short


def explain(case: Case, row: int) -> Explanation:
    """Name what lies beside the share, and the share that leaves room for it."""
    budget = case.budget
    stage = int(budget.spare.mid[row].argmin())
    before, beside = (
        int(np.broadcast_to(term, budget.spare.shape)[row, stage])
        for term in (budget.before.mid, budget.beside.mid)
    )
    share = f"{case.safe_share[row]:g}"
    return Explanation(
        message=f"{gib_text(-int(budget.spare.mid[row, stage]), 2)} short beside vLLM's budget",
        cause=(
            f"of the {gib_text(budget.memory_bytes - budget.budget_bytes, 2)} left, context, "
            f"communicators and other processes take {gib_text(before, 2)}, CUDA graphs "
            f"{gib_text(beside, 2)}"
        ),
        fix=f"use --gpu-memory-utilization {share} or less",
        source="vllm.v1.worker.gpu_worker.Worker.compile_or_warm_up_model",
        repair=Repair(
            safe=False,
            options={"--gpu-memory-utilization": ("--gpu-memory-utilization", share)},
        ),
    )
