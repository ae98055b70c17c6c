"""It is not sure that what lies beside vLLM's share has room.

What it checks:
    the CUDA context, communicators, other processes and the graphs that nothing was set aside
    for surely (19 in 20) go into the part of the GPU that vLLM does not ask for.
Why:
    vLLM finds out only after it has sized its KV cache to fill the share, and then stops. On a
    small board the twentieth that a share of 0.95 leaves is little.

Example:
    tensor parallelism over two T4.
Fix:
    the share that is given.
Source in vLLM:
    ``vllm.v1.worker.gpu_worker.Worker.compile_or_warm_up_model``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.memory.budget import CERTAIN
from planner.rules.base import Explanation
from planner.units import gib_text

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "MEM008"
NAME = "little-room-beside-share"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.CAPACITY
SCOPE = "layout"
REPAIR = "unsafe"
BAD = ("--model DeepSeek-R1-Distill-Qwen-7B --gpus 2xT4 -tp 2 --max-model-len 32768",)
GOOD = (
    (
        "--model DeepSeek-R1-Distill-Qwen-7B --gpus 2xT4 -tp 2 --max-model-len 32768 "
        "--gpu-memory-utilization 0.9"
    ),
)


def broken(case: Case) -> Bools:
    """Rows that are likely to have room beside the share, and not sure to."""
    likely = (case.budget.spare.mid.min(axis=1) >= 0) & case.plannable
    unsure: Bools = likely & (case.beside_probability < CERTAIN)
    return unsure


def explain(case: Case, row: int) -> Explanation:
    """Name the room, the chance, and the share that makes it sure."""
    share = f"{case.safe_share[row]:g}"
    spare = int(case.budget.spare.mid[row].min())
    return Explanation(
        message=(
            f"{gib_text(spare, 2)} left beside vLLM's budget may not be enough (chance "
            f"{int(100 * case.beside_probability[row])}%)"
        ),
        cause="what context, communicators and graphs take is known only so far",
        fix=f"use --gpu-memory-utilization {share}; the KV cache is smaller by the difference",
        source="vllm.v1.worker.gpu_worker.Worker.compile_or_warm_up_model",
        repair=Repair(
            safe=False,
            options={"--gpu-memory-utilization": ("--gpu-memory-utilization", share)},
        ),
    )
