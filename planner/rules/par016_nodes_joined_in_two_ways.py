"""``--nnodes`` beside Ray.

What it checks:
    ``--nnodes`` above 1 comes without ``--distributed-executor-backend ray`` and without
    ``--data-parallel-backend ray``.
Why:
    ``--nnodes`` joins hosts by vLLM's own processes; Ray has a cluster of its own, and vLLM
    refuses both.

Example:
    ``--nnodes 2 --distributed-executor-backend ray``.
Fix:
    one of the two: on Ray a single command serves for all hosts.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig``,
    ``vllm.engine.arg_utils.EngineArgs.create_engine_config`` (0.33.0): ``nnodes > 1 can only be
    set when distributed executor backend is mp, uni or external_launcher``
Versions:
    from 0.11, with ``--nnodes``; the checks were read in 0.33.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR016"
NAME = "nodes-joined-in-two-ways"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    (
        "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200@ib-ndr -tp 8 -pp 2 --nnodes 2"
        " --distributed-executor-backend ray"
    ),
)
GOOD = (
    "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200@ib-ndr -tp 8 -pp 2 --nnodes 2",
    (
        "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200@ib-ndr -tp 8 -pp 2"
        " --distributed-executor-backend ray"
    ),
)
LOG = (
    "nnodes > 1 can only be set when distributed executor",
    "requires `--data-parallel-backend mp`",
)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    asked = case.arguments
    ray = "ray" in {asked.distributed_executor_backend, asked.data_parallel_backend}
    return ray and (asked.nnodes or 1) > 1


def explain(case: Case, row: int) -> Explanation:
    """Name both."""
    del row
    return Explanation(
        message=f"--nnodes {case.arguments.nnodes} beside Ray",
        cause="each is a way to join hosts, and vLLM takes one",
        fix="leave out --nnodes and --node-rank, or Ray",
        source="vllm.config.parallel.ParallelConfig",
    )
