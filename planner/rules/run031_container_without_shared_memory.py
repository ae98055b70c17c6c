"""A container with several GPU processes has no room in /dev/shm.

What it checks:
    containers of docker compose and Kubernetes whose server has two or more GPU processes on a
    host: the host's IPC, or shared memory of 160 MiB and more.
Why:
    container runtimes give /dev/shm 64 MiB. vLLM's workers are told what to do through a ring
    of 160 MiB there, and NCCL takes buffers from it; a process that writes beyond its end dies
    of a bus error.

Example:
    a Deployment with ``--tensor-parallel-size 2`` and no volume at ``/dev/shm``.
Fix:
    ``ipc: host`` or ``shm_size: 4gb`` in compose; in Kubernetes an ``emptyDir`` of medium
    ``Memory`` mounted at ``/dev/shm``.
Source in vLLM:
    ``vllm.distributed.device_communicators.shm_broadcast.MessageQueue`` (0.33.0);
    documentation, Using Docker
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import TWO_GPUS, deployment
from planner.units import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN031"
NAME = "container-without-shared-memory"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "document"
REPAIR = "safe"
BAD = (deployment("resources: {limits: {nvidia.com/gpu: 2}}", args=TWO_GPUS),)
GOOD = (
    deployment("resources: {limits: {nvidia.com/gpu: 2}}", args=TWO_GPUS, shared_memory=True),
    deployment(),
)

#: ten chunks of 16 MiB: VLLM_MQ_MAX_CHUNK_BYTES_MB
_WANTED_BYTES = 160 * MIB
#: what the fix gives, as docker writes it
_GIVEN = "4gb"
#: what a container has where nobody gives it more
_USUAL_BYTES = 64 * MIB


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name what there is and what is wanted."""
    container = document.container
    # a volume without a limit may grow to half of the host's memory
    unlimited = "shm" in container.places and container.shm_bytes is None
    if not container.image or document.ranks < 2 or container.host_ipc or unlimited:  # noqa: PLR2004
        return
    size = container.shm_bytes or _USUAL_BYTES
    if size < _WANTED_BYTES:
        yield Explanation(
            message=f"{size // MIB} MiB of shared memory for {document.ranks} GPU processes",
            cause="they are told what to do through 160 MiB of it, and NCCL takes buffers there",
            fix="ipc: host or shm_size: 4gb; Kubernetes: an emptyDir of medium Memory at /dev/shm",
            source="vllm.distributed.device_communicators.shm_broadcast.MessageQueue",
            place=container.places.get(""),
            repair=Repair(shared_memory=_GIVEN),
        )
