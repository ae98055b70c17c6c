"""Weights in fp8 would serve the load much faster.

What it checks:
    at the load that is named, a request takes at least 20 % longer than it would with
    ``--quantization fp8``, where the checkpoint is in 16 bits and the board computes in fp8.
Why:
    each step reads all weights once, whatever the batch: half the bytes, half the time, and room
    for more requests. vLLM brings the weights into fp8 as it loads them. Check the quality of
    answers, or take a checkpoint that its maker quantized.

Example:
    a few requests at a time on a model in bfloat16.
Fix:
    ``--quantization fp8``
Source in vLLM:
    docs/features/quantization/fp8
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.case.what_if import with_quantization
from planner.finding import Origin, Severity
from planner.quant.unquantized import UNQUANTIZED
from planner.rules.base import Explanation
from planner.rules.parts.gain import gain_text, load_named, none, saved, worthwhile

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rules.parts.gain import Floats
    from planner.units import Bools

CODE = "PRF007"
NAME = "fp8-weights-are-faster"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-32B --gpus H100 --concurrency 4 --max-model-len 4096",)
GOOD = (
    "--model Qwen/Qwen3-32B --gpus H100 --concurrency 4 --quantization fp8",
    "--model Qwen/Qwen3-32B --gpus A100 --concurrency 4 --max-model-len 4096",
)
#: compute capability of the first boards with fp8 arithmetic
_FP8 = 89
#: quality is at stake: less is not worth it
_LEAST = 0.2


def broken(case: Case) -> Bools:
    """Rows that gain a lot."""
    return worthwhile(gain(case), _LEAST)


def gain(case: Case) -> Floats:
    """Share of a request's time that fp8 weights save."""
    whole = case.quantization is UNQUANTIZED
    if not (load_named(case) and whole and case.settings.capability >= _FP8):
        return none(case)
    return saved(case, with_quantization(case, "fp8"))


def explain(case: Case, row: int) -> Explanation:
    """Before and after."""
    told = gain_text(case, with_quantization(case, "fp8"), row)
    return Explanation(
        message=f"weights in {case.settings.dtype}; in fp8 {told}",
        cause="every step reads all weights of a GPU once: half the bytes",
        fix="add --quantization fp8, or take an fp8 checkpoint, and check the quality of answers",
        source="docs/features/quantization/fp8 (vLLM 0.33)",
    )
