"""fp8 weights run weight-only.

What it checks:
    fp8 checkpoints on boards without fp8 arithmetic (below compute capability 8.9).
Why:
    vLLM's Marlin kernels unpack the weights and compute in 16 bits: the memory is saved, the
    arithmetic is not faster.

Example:
    DeepSeek-R1 on A100s.
Fix:
    nothing; expect 16-bit speed in prefill.
Source in vLLM:
    ``vllm.model_executor.layers.quantization.utils.marlin_utils_fp8``: ``Your GPU does not have
    native support for FP8 computation``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "HWD005"
NAME = "fp8-weights-without-fp8-arithmetic"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xA100 -tp 8 -pp 2",)
GOOD = ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH100 -tp 8 -pp 2",)


FP8_CAPABILITY = 89


def broken(case: Case) -> Bools | bool:
    """All rows or none: it is the board."""
    return case.settings.capability < FP8_CAPABILITY and case.stores_fp8


def explain(case: Case, row: int) -> Explanation:
    """Name the board."""
    del row
    return Explanation(
        message=f"fp8 weights run weight-only on {case.group.accelerator.name}",
        cause="below compute capability 8.9 Marlin unpacks them and computes in 16 bits",
        fix="none needed: the memory is saved, prefill runs at 16-bit speed",
        source="vllm.model_executor.layers.quantization.utils.marlin_utils_fp8",
    )
