"""A one-host command for a layout of several hosts.

What it checks:
    a command whose ranks need several hosts says so: ``--nnodes``, or ``--distributed-executor-
    backend ray``.
Why:
    vLLM counts the GPUs of the host it is typed on and refuses at once.

Example:
    ``vllm serve M -tp 8 -pp 2`` typed on a host of 8 GPUs.
Fix:
    add ``--nnodes 2 --node-rank 0 --master-addr HEAD`` on the head and the same with ``--node-
    rank 1 --headless`` on the other host, or use Ray.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig.__post_init__``: ``World size (16) is larger than the
    number of available GPUs (8) in this node``
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

CODE = "PAR007"
NAME = "one-host-command-for-several-hosts"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--gpus 2x8xH100 -- vllm serve deepseek-ai/DeepSeek-R1 -tp 8 -pp 2",)
GOOD = (
    (
        "--gpus 2x8xH100 -- vllm serve deepseek-ai/DeepSeek-R1 -tp 8 -pp 2 --nnodes 2"
        " --node-rank 0 --master-addr head"
    ),
)


def broken(case: Case) -> Bools:
    """Rows of a command for one host that need several."""
    engine = case.layouts.tp * case.layouts.pp
    too_wide = (engine > case.group.gpus_per_node) & ~case.placement.too_many
    return too_wide & case.one_host_command


def explain(case: Case, row: int) -> Explanation:
    """Quote the two numbers vLLM compares."""
    layout = case.layouts.row(row)
    world = int(layout.tp[0] * layout.pp[0])
    hosts = int(case.placement.hosts[row])
    return Explanation(
        message=(
            f"world size ({world}) is larger than the {case.group.gpus_per_node} GPUs of the "
            "host the command is typed on"
        ),
        cause="without --nnodes or Ray vLLM starts every rank on this host",
        fix=(
            f"add --nnodes {hosts} --node-rank 0 --master-addr HEAD here, and on each other host "
            "the same with its --node-rank and --headless; or "
            "--distributed-executor-backend ray"
        ),
        source="vllm.config.parallel.ParallelConfig.__post_init__",
    )
