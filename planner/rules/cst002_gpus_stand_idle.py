"""GPUs that are paid stand idle.

What it checks:
    where a load is named: servers of this layout take all GPUs of the cluster.
Why:
    what is left over is paid and serves nothing.

Example:
    ``-tp 4`` on a host of 6 GPUs.
Fix:
    a layout that takes all of them, or fewer GPUs.
Source in vLLM:
    none: this planner's own rule
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.finding import Origin, Severity
from planner.hardware.prices import price_of
from planner.rules.base import Explanation
from planner.rules.parts.gain import load_named

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools, Ints

CODE = "CST002"
NAME = "gpus-stand-idle"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-32B --gpus 6xL40S -tp 4 --concurrency 16",)
GOOD = (
    "--model Qwen/Qwen3-32B --gpus 6xL40S -tp 2 --concurrency 16",
    "--model Qwen/Qwen3-32B --gpus 6xL40S -tp 4",
)


def broken(case: Case) -> Bools | bool:
    """Rows that do not divide the cluster."""
    return load_named(case) & (_idle(case) > 0)


def explain(case: Case, row: int) -> Explanation:
    """How many, and what they cost."""
    idle, taken = int(_idle(case)[row]), int(case.layouts.gpus[row])
    price = price_of(case.group)
    money = f": ${idle * price.usd_per_gpu_hour:.2f} an hour" if price else ""
    return Explanation(
        message=f"{idle} of {case.group.gpus} GPUs stand idle{money}",
        cause=f"servers of {taken} GPUs do not divide {case.group.gpus}",
        fix=f"choose sizes whose product divides {case.group.gpus}, or take {idle} GPUs fewer",
    )


def _idle(case: Case) -> Ints:
    """GPUs that no server takes: Int64[rows]."""
    taken = case.layouts.gpus
    left = np.where(taken <= case.group.gpus, case.group.gpus % np.maximum(taken, 1), 0)
    return np.asarray(left, dtype=np.int64)
