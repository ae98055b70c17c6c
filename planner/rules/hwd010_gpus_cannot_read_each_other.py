"""GPUs of this machine cannot read each other's memory.

What it checks:
    the driver allows peer access between the GPUs.
Why:
    without it NCCL moves everything through the host's memory, and vLLM's own all-reduce is off.

Example:
    a virtual machine, or an IOMMU with access control (ACS) on the PCIe switches.
Fix:
    turn ACS off in the firmware or with ``setpci``; in a virtual machine ask for GPUs of one group.
    Else take pipeline parallelism, which moves less.
Source in vLLM:
    ``vllm.distributed.device_communicators.custom_all_reduce``: ``_can_p2p``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "HWD010"
NAME = "gpus-cannot-read-each-other"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = (
    (
        'nvml.gpus = [{ name = "NVIDIA L40S", total_bytes = 48305799168, p2p = false },'
        ' { name = "NVIDIA L40S", total_bytes = 48305799168, p2p = false }]'
    ),
)
GOOD = (
    (
        'nvml.gpus = [{ name = "NVIDIA L40S", total_bytes = 48305799168, p2p = true },'
        ' { name = "NVIDIA L40S", total_bytes = 48305799168, p2p = true }]'
    ),
)


def check(host: HostCase) -> Explanation | None:
    """Name how many."""
    apart = [gpu for gpu in host.gpus if gpu.p2p is False]
    if len(host.gpus) <= 1 or not apart:
        return None
    return Explanation(
        message=f"{len(apart)} of {len(host.gpus)} GPUs cannot read the memory of all others",
        cause="the driver allows no peer access: NCCL goes through the host's memory",
        fix="turn PCIe access control (ACS) off in the firmware, or prefer pipeline parallelism",
        source="vllm.distributed.device_communicators.custom_all_reduce",
    )
