"""MIG slices cannot work together.

What it checks:
    no host runs more than one rank on MIG slices of its GPUs.
Why:
    CUDA shows a process one slice only, and NCCL takes two slices of a GPU for one GPU named
    twice. vLLM finds fewer GPUs than ranks and stops. A slice is a whole GPU to one server.

Example:
    ``-tp 2`` on two ``3g.40gb`` slices of an H100.
Fix:
    one server for each slice (``CUDA_VISIBLE_DEVICES=MIG-…``, or a container that is given one
    slice), a larger slice, or the whole GPU.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig``: ``World size (2) is larger than the number of
    available GPUs (1) in this node``; NVIDIA MIG User Guide; NVIDIA/nccl#1716
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

CODE = "PAR014"
NAME = "slices-cannot-join"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus 2xh100-mig-3g.40gb -tp 2",)
GOOD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus 2xh100-mig-3g.40gb",)


def broken(case: Case) -> Bools:
    """Rows with several ranks on a host of slices."""
    several: Bools = (case.placement.local_ranks > 1) & case.sliced
    return several


def explain(case: Case, row: int) -> Explanation:
    """Say how many servers to start instead."""
    slices = case.group.gpus_per_node
    return Explanation(
        message=f"{int(case.placement.local_ranks[row])} ranks on the MIG slices of a host",
        cause="CUDA shows a process one slice only, and NCCL does not join two of one GPU",
        fix=(
            f"start a server for each of the {slices} slices, CUDA_VISIBLE_DEVICES=MIG-…, or "
            "take a larger slice"
            if slices > 1
            else "take a larger slice, or the whole GPU"
        ),
        source="vllm.config.parallel.ParallelConfig",
    )
