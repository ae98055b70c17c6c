"""The asked exchange of tokens between expert ranks is gone.

What it checks:
    ``--all2all-backend`` is none of ``pplx`` and ``naive``.
Why:
    vLLM warns and takes ``allgather_reducescatter`` instead, which is slower than what was
    asked for.

Example:
    ``--all2all-backend pplx``.
Fix:
    ``deepep_low_latency``, ``deepep_high_throughput``, or leave it out.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig._validate_parallel_config`` (0.33.0): ``The '%s'
    all2all backend has been removed``
Versions:
    0.33, which was read; 0.11 had both
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "MOE004"
NAME = "exchange-of-tokens-removed"
SEVERITY = Severity.WARNING
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -dp 8 -ep --all2all-backend pplx",)
GOOD = (
    ("--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -dp 8 -ep --all2all-backend deepep_low_latency"),
)

_GONE = frozenset({"pplx", "naive"})
_READ = (0, 33)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    return case.arguments.all2all_backend in _GONE and case.version.number >= _READ


def explain(case: Case, row: int) -> Explanation:
    """Name it."""
    del row
    return Explanation(
        message=f"vLLM {case.version.name} has no all2all backend {case.arguments.all2all_backend}",
        cause="it takes allgather_reducescatter in its place",
        fix="--all2all-backend deepep_low_latency or deepep_high_throughput, or leave it out",
        source="vllm.config.parallel.ParallelConfig._validate_parallel_config",
    )
