"""The ranks do not spread evenly over hosts.

What it checks:
    some number of hosts takes equally many ranks each, with whole engines or equal parts of
    one.
Why:
    vLLM's own multi-node start gives every host the same number of ranks.

Example:
    ``-tp 4 -pp 3`` on hosts of 8 GPUs: 12 ranks do not fill hosts evenly.
Fix:
    choose sizes that fill whole hosts: TP inside a host, PP or DP across.
Source in vLLM:
    ``vllm.engine.arg_utils.EngineArgs.create_engine_config``: ``--nnodes N must evenly divide
    the total world size``
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

CODE = "PAR008"
NAME = "ranks-do-not-spread-evenly"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 2x8xH100 -tp 1 -pp 9",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 2x8xH100 -tp 8 -pp 2",)


def broken(case: Case) -> Bools:
    """Rows that no number of hosts takes evenly."""
    placement = case.placement
    return (placement.hosts > placement.nodes) & ~placement.too_many


def explain(case: Case, row: int) -> Explanation:
    """Name the ranks and the hosts."""
    ranks = int(case.layouts.gpus[row])
    return Explanation(
        message=(
            f"{ranks} ranks do not spread evenly over hosts of "
            f"{case.group.gpus_per_node} GPUs ({case.group.nodes} of them)"
        ),
        cause="every host runs the same number of ranks, whole engines or equal parts of one",
        fix="choose sizes that fill whole hosts: TP inside a host, PP or DP across",
        source="vllm.engine.arg_utils.EngineArgs.create_engine_config",
    )
