"""vLLM has no kernels for the board.

What it checks:
    the compute capability is 7.5 or more.
Why:
    the wheel is compiled with CUDA 13, which knows no Volta: nothing in it runs on a V100.

Example:
    ``--gpus 8xV100``.
Fix:
    a newer board, or vLLM 0.8.5 and older.
Source in vLLM:
    compiled architectures of the release (sm_75 to sm_120)
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

CODE = "HWD004"
NAME = "board-not-supported"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xV100-32gb -tp 8 --dtype float16",)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xT4 -tp 8 --dtype float16"
        " --max-model-len 8192"
    ),
)
LOG = ("no kernel image is available for execution on the device",)


OLDEST_CAPABILITY = 75
#: releases before this one are built for Volta too
WITHOUT_VOLTA = (0, 9)


def broken(case: Case) -> Bools | bool:
    """All rows or none: it is the board."""
    served = case.version.number < WITHOUT_VOLTA
    return not served and case.settings.capability < OLDEST_CAPABILITY


def explain(case: Case, row: int) -> Explanation:
    """Name the board and its capability."""
    del row
    return Explanation(
        message=(
            f"{case.group.accelerator.name} has compute capability "
            f"{case.settings.capability / 10:.1f}; vLLM {case.version.name} is built for 7.5 up"
        ),
        cause="CUDA 13 compiles nothing for Volta and older",
        fix="take a newer board, or vLLM 0.8.5 or older",
        source="compiled architectures of vLLM's wheel",
    )
