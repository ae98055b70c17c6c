"""There are fewer GPUs here than the plan asks of a host.

What it checks:
    the GPUs that are visible to vLLM are at least those that the plan gives this host.
Why:
    each rank takes a GPU of its own.

Example:
    a plan for 8 GPUs a host where ``CUDA_VISIBLE_DEVICES`` shows 4.
Fix:
    show all GPUs, or plan for those that are here: ``--gpus auto``.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig``: ``World size (16) is larger than the number of
    available GPUs (8) in this node``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN011"
NAME = "fewer-gpus-than-planned"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ("needs.gpus = 16",)
GOOD = ("needs.gpus = 8",)


def check(host: HostCase) -> Explanation | None:
    """Name both counts, and what hides GPUs."""
    nvml = host.facts.nvml
    if nvml is None or len(nvml.gpus) >= host.needs.gpus:
        return None
    visible = host.facts.environment.get("CUDA_VISIBLE_DEVICES")
    hidden = "" if visible is None else f"CUDA_VISIBLE_DEVICES={visible} hides the others, if any"
    return Explanation(
        message=f"the plan takes {host.needs.gpus} GPUs of this host; vLLM sees {len(nvml.gpus)}",
        cause=hidden or "each rank takes a GPU of its own",
        fix="unset CUDA_VISIBLE_DEVICES, or plan for what is here: --gpus auto"
        if hidden
        else "plan for what is here: --gpus auto",
        source="vllm.config.parallel.ParallelConfig",
    )
