"""The model falls back to float32: twice the memory.

What it checks:
    what vLLM makes of a class it never runs in float16 on a board without bfloat16.
Why:
    Gemma 2 and 3 and GLM-4 are unstable in float16, so weights, activations and KV cache take
    four bytes.

Example:
    Gemma 3 on T4s.
Fix:
    a board of compute capability 8.0 or more, or another model.
Source in vLLM:
    ``vllm.config.model._FLOAT16_NOT_SUPPORTED_MODELS``
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

CODE = "HWD003"
NAME = "falls-back-to-float32"
SEVERITY = Severity.WARNING
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model google/gemma-2-2b-it --gpus 4xT4 -tp 4 --max-model-len 2048",)
GOOD = ("--model google/gemma-2-2b-it --gpus L4 --max-model-len 2048",)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    stated = case.architecture.dtype in {"bfloat16", "float16"}
    return stated and case.settings.dtype == "float32" and not case.arguments.dtype


def explain(case: Case, row: int) -> Explanation:
    """Name the board and the class."""
    del row
    return Explanation(
        message=(
            f"{case.architecture.name} runs in float32 on {case.group.accelerator.name}: "
            "twice the memory"
        ),
        cause="the board has no bfloat16 and vLLM never runs this class in float16",
        fix="take a board of compute capability 8.0 or more",
        source="vllm.config.model._resolve_auto_dtype",
    )
