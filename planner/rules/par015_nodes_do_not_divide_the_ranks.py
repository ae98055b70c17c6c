"""``--nnodes`` does not divide the ranks, or there is no node of that number.

What it checks:
    ``--nnodes`` divides tensor times pipeline times data parallel size, and ``--node-rank`` is
    one of 0 to ``--nnodes`` - 1.
Why:
    each node runs the same number of ranks; vLLM works out which by the node's number.

Example:
    ``-tp 8 -pp 2 --nnodes 3``.
Fix:
    as many nodes as divide the ranks, numbered from 0.
Source in vLLM:
    ``vllm.engine.arg_utils.EngineArgs.create_engine_config`` (0.33.0): ``--nnodes N must evenly
    divide the total world size``
Versions:
    from 0.11, with ``--nnodes``; the check was read in 0.33.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR015"
NAME = "nodes-do-not-divide-the-ranks"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200@ib-ndr -tp 8 -pp 2 --nnodes 3",
    ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200@ib-ndr -tp 8 -pp 2 --nnodes 2 --node-rank 2"),
)
GOOD = (
    ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200@ib-ndr -tp 8 -pp 2 --nnodes 2 --node-rank 1"),
)
LOG = ("must evenly divide the total world size", "`--node-rank` must be")


def broken(case: Case) -> Bools | bool:
    """Rows whose ranks the nodes do not divide; all where the node's number is wrong."""
    nodes = case.arguments.nnodes or 1
    if nodes == 1:
        return False
    uneven: Bools = case.layouts.gpus % nodes != 0
    return uneven | ((case.arguments.node_rank or 0) >= nodes)


def explain(case: Case, row: int) -> Explanation:
    """Name the numbers."""
    nodes, ranks = case.arguments.nnodes or 1, int(case.layouts.gpus[row])
    number = case.arguments.node_rank or 0
    numbered = number >= nodes
    return Explanation(
        message=f"--node-rank {number} of {nodes} nodes"
        if numbered
        else f"{ranks} ranks do not spread evenly over --nnodes {nodes}",
        cause="nodes are numbered from 0" if numbered else "each node runs as many",
        fix=f"--node-rank 0 to {nodes - 1}" if numbered else "a number of nodes that divides them",
        source="vllm.engine.arg_utils.EngineArgs.create_engine_config",
    )
