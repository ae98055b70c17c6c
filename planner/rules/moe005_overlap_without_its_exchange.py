"""Two half batches are to overlap by an exchange of tokens that cannot.

What it checks:
    ``--enable-dbo`` comes with an ``--all2all-backend`` of DeepEP or NIXL.
Why:
    one half computes while the other's tokens are on the way; other backends do both in one go,
    and vLLM ends with an assertion.

Example:
    ``-dp 8 -ep --enable-dbo``.
Fix:
    add ``--all2all-backend deepep_low_latency``, or leave ``--enable-dbo`` out.
Source in vLLM:
    ``vllm.config.vllm.VllmConfig.__post_init__`` (0.11.0, 0.33.0): ``Microbatching currently
    only supports``
Versions:
    all with the option, from 0.11
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "MOE005"
NAME = "overlap-without-its-exchange"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -dp 8 -ep --enable-dbo",)
GOOD = (
    (
        "--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -dp 8 -ep --enable-dbo"
        " --all2all-backend deepep_low_latency"
    ),
)
LOG = ("Microbatching currently only supports",)

_ABLE = frozenset({"deepep_low_latency", "deepep_high_throughput", "nixl_ep"})


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    gathers = case.group.accelerator.platform == "rocm"
    able = _ABLE | ({"allgather_reducescatter"} if gathers else set())
    asked = case.arguments.all2all_backend or case.environment.get("VLLM_ALL2ALL_BACKEND")
    return bool(case.arguments.enable_dbo) and asked not in able


def explain(case: Case, row: int) -> Explanation:
    """Name what can."""
    del row
    return Explanation(
        message=f"--enable-dbo with all2all backend {case.arguments.all2all_backend or 'unset'}",
        cause=f"only {', '.join(sorted(_ABLE))} send and compute at a time",
        fix="--all2all-backend deepep_low_latency, or leave out --enable-dbo",
        source="vllm.config.vllm.VllmConfig.__post_init__",
    )
