"""Other processes hold GPU memory that the plan counts on.

What it checks:
    on each GPU that vLLM takes, the share it will ask for is free.
Why:
    vLLM's share is of the total, and it starts only if that much is free.

Example:
    a forgotten notebook on GPU 3.
Fix:
    end the other process (``nvidia-smi``), or a smaller ``--gpu-memory-utilization``.
Source in vLLM:
    ``vllm.v1.worker.utils.request_memory``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.units import gib_text

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "MEM006"
NAME = "gpu-memory-in-use"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "host"
BAD = (
    (
        "needs.gpu_memory_utilization = 0.95\n"
        'nvml.gpus = [{ name = "Tesla T4", total_bytes = 16106127360, reserved_bytes = 268435456,'
        " used_bytes = 4294967296 }]"
    ),
)
GOOD = (
    (
        "needs.gpu_memory_utilization = 0.7\n"
        'nvml.gpus = [{ name = "Tesla T4", total_bytes = 16106127360, reserved_bytes = 268435456,'
        " used_bytes = 4294967296 }]"
    ),
)


def check(host: HostCase) -> Explanation | None:
    """Name the fullest GPU, and the share that would be free."""
    share = host.needs.gpu_memory_utilization
    if share is None:
        return None
    short = [
        (share * total - (total - gpu.used_bytes), place, total, gpu.used_bytes)
        for place, gpu in enumerate(host.gpus)
        if gpu.total_bytes is not None and gpu.reserved_bytes is not None
        for total in (gpu.total_bytes - gpu.reserved_bytes,)
    ]
    missing, place, total, used = max(short, default=(0.0, 0, 0, 0))
    if missing <= 0:
        return None
    return Explanation(
        message=(
            f"GPU {place} has {gib_text(used, 1)} in use: {gib_text(total - used, 1)} of "
            f"{gib_text(total, 1)} are free, and vLLM asks for {gib_text(round(share * total), 1)}"
        ),
        cause=f"vLLM takes {share:g} of the total, and starts only if that much is free",
        fix=f"end what runs there (nvidia-smi), or --gpu-memory-utilization "
        f"{max(int(100 * (total - used) / total) / 100 - 0.01, 0.01):.2f}",
        source="vllm.v1.worker.utils.request_memory",
    )
