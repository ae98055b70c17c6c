"""Experts are to be balanced over ranks that do not hold them whole.

What it checks:
    ``--enable-eplb`` comes with ``--enable-expert-parallel`` and more than one rank of tensor
    or data parallelism.
Why:
    the balancer moves whole experts from rank to rank; without expert parallelism each rank
    holds a slice of all.

Example:
    ``-tp 8 --enable-eplb``.
Fix:
    add ``--enable-expert-parallel``, or leave ``--enable-eplb`` out.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig`` (0.11.0, 0.33.0): ``enable_expert_parallel must be
    True to use EPLB``
Versions:
    from 0.9, with the option
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "MOE003"
NAME = "expert-balancing-without-expert-ranks"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -tp 2 --enable-eplb",)
GOOD = ("--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -tp 2 -ep --enable-eplb",)
LOG = ("enable_expert_parallel must be True to use EPLB", "EPLB requires tensor")


def broken(case: Case) -> Bools | bool:
    """Rows that balance experts and have no ranks to balance over."""
    ranks = case.layouts.tp * case.layouts.dp
    alone: Bools = ~case.layouts.ep | (ranks == 1)
    return bool(case.arguments.enable_eplb) & alone


def explain(case: Case, row: int) -> Explanation:
    """Name what is missing."""
    spread = bool(case.layouts.ep[row])
    return Explanation(
        message="--enable-eplb " + ("on one rank" if spread else "without expert parallelism"),
        cause="it moves whole experts between ranks",
        fix="leave out --enable-eplb" + ("" if spread else ", or add --enable-expert-parallel"),
        source="vllm.config.parallel.ParallelConfig",
    )
