"""A container is given fewer GPUs than the command starts processes.

What it checks:
    the GPUs of a pod's container or of a compose service against the tensor, pipeline and data
    parallel sizes of its command on one host.
Why:
    each process wants a GPU of its own; vLLM ends with ``World size … is larger than the number
    of available GPUs``.

Example:
    ``-tp 4`` with ``nvidia.com/gpu: 2``.
Fix:
    give the container as many GPUs as tensor times pipeline parallel size, or make the sizes
    smaller.
Source in vLLM:
    ``vllm.config.parallel.ParallelConfig.__post_init__`` (0.33.0)
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import TWO_GPUS, deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN026"
NAME = "fewer-gpus-than-processes"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "document"
BAD = (deployment("resources: {limits: {nvidia.com/gpu: 1}}", args=TWO_GPUS, shared_memory=True),)
GOOD = (deployment("resources: {limits: {nvidia.com/gpu: 2}}", args=TWO_GPUS, shared_memory=True),)


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name both numbers."""
    container = document.container
    if container.gpus is None or container.gpus >= document.ranks:
        return
    places = container.places
    yield Explanation(
        message=f"{document.ranks} GPU processes in a container of {container.gpus} GPUs",
        cause="each process wants a GPU of its own",
        fix=f"give the container {document.ranks} GPUs, or use smaller parallel sizes",
        source="vllm.config.parallel.ParallelConfig.__post_init__",
        place=places.get("resources") or places.get("deploy") or places.get(""),
    )
