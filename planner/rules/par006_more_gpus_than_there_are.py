"""The layout wants more GPUs than there are.

What it checks:
    TP x PP x DP is at most the number of GPUs of the cluster.
Why:
    vLLM waits for ranks that never come, or refuses.

Example:
    ``-tp 8 -pp 4`` on two hosts of 8 GPUs.
Fix:
    shrink a size, or add hosts.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig.__post_init__``: ``World size (32) is larger than the
    number of available GPUs``
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

CODE = "PAR006"
NAME = "more-gpus-than-there-are"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -tp 8 -pp 2",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -tp 8",)
LOG = ("is larger than the number of available GPUs",)


def broken(case: Case) -> Bools:
    """Rows above the cluster's GPUs."""
    return case.placement.too_many


def explain(case: Case, row: int) -> Explanation:
    """Print every factor of the product."""
    layout = case.layouts.row(row)
    sizes = " x ".join(str(int(c[0])) for c in (layout.tp, layout.pp, layout.dp))
    there = case.group.nodes * case.group.gpus_per_node
    return Explanation(
        message=f"TP x PP x DP = {sizes} = {int(layout.gpus[0])} GPUs, and there are {there}",
        cause="each rank takes a GPU of its own",
        fix=f"choose sizes whose product is at most {there}",
        source="vllm.config.parallel.ParallelConfig",
    )
