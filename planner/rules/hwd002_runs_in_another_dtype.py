"""The checkpoint is bfloat16 and runs as float16.

What it checks:
    what vLLM makes of a bfloat16 checkpoint on a board without bfloat16.
Why:
    it falls back to float16, whose range is smaller: a few models lose accuracy or overflow.

Example:
    Qwen2.5 on T4s.
Fix:
    nothing, if the answers are good; otherwise a board of compute capability 8.0.
Source in vLLM:
    ``vllm.config.model._resolve_auto_dtype``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.dtype import BFLOAT16_CAPABILITY

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "HWD002"
NAME = "runs-in-another-dtype"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus 2xT4 -tp 2 --max-model-len 2048",)
GOOD = (
    "--model Qwen/Qwen2.5-7B-Instruct --gpus L4 --max-model-len 2048",
    "--model Qwen/Qwen2.5-7B-Instruct --gpus H100 --dtype float16",
)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    lacking = case.settings.capability < BFLOAT16_CAPABILITY
    other = case.architecture.dtype == "bfloat16" and case.settings.dtype == "float16"
    return lacking and other


def explain(case: Case, row: int) -> Explanation:
    """Name the board."""
    del row
    return Explanation(
        message=f"bfloat16 weights run as float16 on {case.group.accelerator.name}",
        cause="the board has no bfloat16; float16 has the same size and a smaller range",
        fix="check the answers, or take a board of compute capability 8.0 or more",
        source="vllm.config.model._resolve_auto_dtype",
    )
