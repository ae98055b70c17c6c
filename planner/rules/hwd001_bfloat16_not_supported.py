"""bfloat16 asked for on a GPU without it.

What it checks:
    ``--dtype bfloat16`` is given only where the compute capability is 8.0 or more.
Why:
    Turing and older boards have no bfloat16; vLLM refuses it when asked for by name.

Example:
    ``--dtype bfloat16`` on a T4.
Fix:
    ``--dtype float16``, or leave it to vLLM.
Source in vLLM:
    ``vllm.platforms.cuda.CudaPlatformBase.check_if_supports_dtype``: ``Bfloat16 is only
    supported on GPUs with compute capability of at least 8.0``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.vllm.dtype import BFLOAT16_CAPABILITY

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "HWD001"
NAME = "bfloat16-not-supported"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
REPAIR = "safe"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus 2xT4 -tp 2 --dtype bfloat16 --max-model-len 2048",)
GOOD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus 2xT4 -tp 2 --dtype float16 --max-model-len 2048",)
LOG = ("Bfloat16 is only supported on GPUs with compute capability",)


def broken(case: Case) -> Bools | bool:
    """All rows or none: it is the board."""
    lacking = case.settings.capability < BFLOAT16_CAPABILITY
    return lacking and case.settings.dtype == "bfloat16"


def explain(case: Case, row: int) -> Explanation:
    """Name the board and its capability."""
    del row
    capability = case.settings.capability / 10
    return Explanation(
        message=(
            f"bfloat16 needs compute capability 8.0, and {case.group.accelerator.name} "
            f"has {capability:.1f}"
        ),
        cause="the board computes in float16 and float32 only",
        fix="use --dtype float16",
        source="vllm.platforms.cuda.CudaPlatformBase.check_if_supports_dtype",
        repair=Repair(options={"--dtype": ("--dtype", "float16")}),
    )
