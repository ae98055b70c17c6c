"""The quantization method needs a newer board.

What it checks:
    the compute capability is at least the method's least.
Why:
    the kernels of the method do not exist for older boards; vLLM refuses.

Example:
    MXFP4 (gpt-oss) on T4s.
Fix:
    another number format of the model, or a newer board.
Source in vLLM:
    ``vllm.config.vllm.VllmConfig._get_quantization_config``: ``The quantization method X is not
    supported for the current GPU``
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

CODE = "QNT002"
NAME = "quantization-needs-newer-board"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model openai/gpt-oss-20b --gpus 4xT4 -tp 4",)
GOOD = ("--model openai/gpt-oss-20b --gpus A100",)
LOG = (r"quantization method \S+ is not supported for the current GPU",)


def broken(case: Case) -> Bools | bool:
    """All rows or none: it is the board."""
    return case.settings.capability < case.quantization.min_capability


def explain(case: Case, row: int) -> Explanation:
    """Name the method and both capabilities."""
    del row
    need, have = case.quantization.min_capability / 10, case.settings.capability / 10
    return Explanation(
        message=(
            f"{case.quantization.method} needs compute capability {need:.1f}, and "
            f"{case.group.accelerator.name} has {have:.1f}"
        ),
        cause="its kernels are not built for older boards",
        fix="take the model in another number format, or a newer board",
        source="vllm.config.vllm.VllmConfig._get_quantization_config",
    )
