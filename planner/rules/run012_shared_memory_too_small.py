"""Shared memory (/dev/shm) is smaller than what the processes of several GPUs share.

What it checks:
    /dev/shm holds the ring through which vLLM tells its workers what to do: 10 chunks of
    ``VLLM_MQ_MAX_CHUNK_BYTES_MB``, 16 MiB unless set.
Why:
    docker gives a container 64 MiB. A worker that writes beyond that dies of a bus error, and NCCL
    takes its own buffers from there too where GPUs cannot read each other's memory.

Example:
    two GPUs in a container without ``--ipc=host``.
Fix:
    ``--ipc=host`` or ``--shm-size``; in Kubernetes an ``emptyDir`` of medium ``Memory``.
Source in vLLM:
    ``vllm.distributed.device_communicators.shm_broadcast.MessageQueue``,
    ``vllm.v1.executor.multiproc_executor`` (0.33.0)
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.units import MIB

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN012"
NAME = "shared-memory-too-small"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ("shm_bytes = 67108864",)
GOOD = ("shm_bytes = 1073741824",)

_CHUNKS = 10
_CHUNK_MIB = 16


def check(host: HostCase) -> Explanation | None:
    """Name the size and what is wanted."""
    size = host.facts.shm_bytes
    if host.needs.container or size is None or len(host.gpus) <= 1:
        return None
    chunk = host.facts.environment.get("VLLM_MQ_MAX_CHUNK_BYTES_MB", "")
    wanted = _CHUNKS * (int(chunk) if chunk.isdecimal() else _CHUNK_MIB) * MIB
    if size >= wanted:
        return None
    return Explanation(
        message=(
            f"shared memory (/dev/shm) has {size / MIB:,.0f} MiB; the processes of "
            f"{len(host.gpus)} GPUs share {wanted / MIB:,.0f} MiB"
        ),
        cause="vLLM's workers are told what to do through it, and NCCL takes buffers from it",
        fix="docker run --ipc=host, or --shm-size 1g; Kubernetes: an emptyDir of medium Memory",
        source="vllm.distributed.device_communicators.shm_broadcast.MessageQueue",
    )
