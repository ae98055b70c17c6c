"""Tensor parallelism over PCIe.

What it checks:
    a tensor-parallel group of GPUs without NVLink or its like.
Why:
    two all-reduces a layer go over the slots, and vLLM turns its own all-reduce off for more
    than two such GPUs. vLLM's advice there is pipeline parallelism.

Example:
    ``-tp 4`` on four L40S.
Fix:
    ``-pp 4``, unless a single request must be as fast as can be.
Source in vLLM:
    docs/serving/parallelism_scaling;
    ``vllm.distributed.device_communicators.custom_all_reduce``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.crossing import crossing_price
from planner.rules.parts.gain import load_named

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR011"
NAME = "tensor-parallel-over-pcie"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen2.5-32B-Instruct --gpus 4xL40S -tp 4",)
GOOD = ("--model Qwen/Qwen2.5-32B-Instruct --gpus 4xL40S -pp 4",)

#: GPUs on PCIe that vLLM's own all-reduce takes
_OWN = 2


def broken(case: Case) -> Bools:
    """Rows with a tensor-parallel group that has no fast link."""
    return (case.layouts.tp > 1) & (not case.fast_link)


def explain(case: Case, row: int) -> Explanation:
    """Name the boards and the alternative."""
    tp = int(case.layouts.tp[row])
    off = f", and for more than {_OWN} such GPUs vLLM turns its own all-reduce off"
    stages = _stages_alone(case, row)
    return Explanation(
        message=f"{tp} {case.group.accelerator.name} all-reduce over PCIe, twice a layer",
        cause=f"they share no NVLink{off if tp > _OWN else ''}",
        fix=f"compare --pipeline-parallel-size {stages} alone: less traffic, the same memory"
        if stages
        else "",
        source="docs/serving/parallelism_scaling (vLLM 0.33)",
    )


def _stages_alone(case: Case, row: int) -> int:
    """Stages that take as many GPUs without tensor parallelism; 0 where there are fewer layers."""
    ranks = int(case.layouts.tp[row] * case.layouts.pp[row])
    return ranks if ranks <= case.architecture.num_layers else 0


def price(case: Case, row: int) -> str:
    """Against pipeline stages alone, at the load that is named."""
    stages = _stages_alone(case, row) if load_named(case) else 0
    return crossing_price(case, row, 1, stages) if stages else ""
