"""Fewer GPUs reach each other over NVLink than the plan counts on.

What it checks:
    the GPUs that are joined by NVLinks which are up are at least as many as in the plan.
Why:
    tensor parallelism moves activations after every layer; over PCIe it takes many times as long.

Example:
    a plan for HGX on cards without a bridge; a fabric manager that does not run.
Fix:
    ``nvidia-smi nvlink --status`` and ``nvidia-smi topo -m`` show the links; on HGX start
    ``nvidia-fabricmanager``.
Source in vLLM:
    ``vllm.distributed.device_communicators.custom_all_reduce``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "HWD009"
NAME = "nvlink-not-as-planned"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = (
    (
        "needs.gpus = 2\nneeds.scale_up_domain = 2\n"
        'nvml.gpus = [{ name = "NVIDIA L40S", total_bytes = 48305799168 },'
        ' { name = "NVIDIA L40S", total_bytes = 48305799168 }]'
    ),
)
GOOD = ("needs.gpus = 8\nneeds.scale_up_domain = 8",)


def check(host: HostCase) -> Explanation | None:
    """Name both numbers."""
    planned = min(host.needs.scale_up_domain, host.needs.gpus)
    if planned <= 1 or len(host.gpus) < planned:
        return None
    joined = max(group.scale_up_domain for group in host.groups)
    if joined >= planned:
        return None
    return Explanation(
        message=(
            f"the plan counts on {planned} GPUs that reach each other over NVLink; here "
            + (f"{joined} do" if joined > 1 else "none do")
        ),
        cause="the links are not there or not up; tensor parallelism would go over PCIe",
        fix="nvidia-smi nvlink --status; on HGX: systemctl start nvidia-fabricmanager",
        source="vllm.distributed.device_communicators.custom_all_reduce",
    )
