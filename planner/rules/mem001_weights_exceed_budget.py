"""The weights exceed the budget.

What it checks:
    the weights of every stage's fullest rank fit into vLLM's share of the GPU.
Why:
    vLLM loads the weights first and runs out of memory.

Example:
    a 7B model in 16 bits on one T4: 14.2 GiB into 13.8.
Fix:
    more tensor or pipeline parallelism, a quantized checkpoint, or larger GPUs.
Source in vLLM:
    ``vllm.v1.worker.gpu_worker.Worker.load_model``: ``Failed to load model - not enough GPU
    memory``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.units import gib_text

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "MEM001"
NAME = "weights-exceed-budget"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus T4",)
GOOD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus L4 --max-model-len 8192",)
LOG = ("Failed to load model - not enough GPU memory",)


def broken(case: Case) -> Bools:
    """Rows with a stage whose weights alone are over the budget."""
    over: Bools = np.any(case.budget.weights_bytes > case.budget.budget_bytes, axis=1)
    return case.plannable & over


def explain(case: Case, row: int) -> Explanation:
    """Name the heaviest stage and the budget."""
    heaviest = int(case.budget.weights_bytes[row].max())
    budget = case.budget.budget_bytes
    return Explanation(
        message=f"weights of {gib_text(heaviest)} per GPU exceed the budget of {gib_text(budget)}",
        cause=(
            f"the budget is {case.settings.gpu_memory_utilization:g} of "
            f"{gib_text(case.budget.memory_bytes, 2)}"
        ),
        fix="use more GPUs (--tensor-parallel-size, --pipeline-parallel-size) or a quantized model",
        source="vllm.v1.worker.gpu_worker.Worker.load_model",
    )
