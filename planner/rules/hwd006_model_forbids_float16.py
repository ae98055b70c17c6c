"""The model does not run in float16.

What it checks:
    ``--dtype float16`` is not given for a class that vLLM never runs in it.
Why:
    Gemma 2 and 3 and GLM-4 are numerically unstable in float16; vLLM refuses it when asked for
    by name.

Example:
    ``--dtype float16`` for Gemma 3.
Fix:
    ``--dtype bfloat16``, or float32 where the board has no bfloat16, or leave it to vLLM.
Source in vLLM:
    ``vllm.config.model._check_valid_dtype``: ``The model type 'gemma3' does not support float16``
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

CODE = "HWD006"
NAME = "model-forbids-float16"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
REPAIR = "either"
BAD = ("--model google/gemma-3-12b-it --gpus H100 --dtype float16",)
GOOD = ("--model google/gemma-3-12b-it --gpus H100 --dtype bfloat16",)


def broken(case: Case) -> Bools | bool:
    """All rows or none: it is the model."""
    return case.settings.dtype == "float16" and case.architecture.forbids_float16 is not None


def explain(case: Case, row: int) -> Explanation:
    """Say why, and which dtype the board has instead."""
    del row
    newer = case.settings.capability >= BFLOAT16_CAPABILITY
    return Explanation(
        message=f"{case.architecture.name} does not run in float16",
        cause=case.architecture.forbids_float16 or "",
        fix=f"use --dtype {'bfloat16' if newer else 'float32, which takes twice the memory'}",
        source="vllm.config.model._check_valid_dtype",
        repair=Repair(
            safe=newer, options={"--dtype": ("--dtype", "bfloat16" if newer else "float32")}
        ),
    )
