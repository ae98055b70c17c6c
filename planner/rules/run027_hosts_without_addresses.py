"""Several hosts are left to find each other's network by themselves.

What it checks:
    deployments on several hosts whose container sets neither ``VLLM_HOST_IP`` nor the
    interfaces of NCCL and Gloo.
Why:
    vLLM, Gloo and NCCL each take the first interface they find. On hosts with several networks
    these differ, and the start hangs until its time is out.

Example:
    two nodes with ``--nnodes 2`` and none of the three variables.
Fix:
    set ``VLLM_HOST_IP`` to the pod's or host's own address, and ``NCCL_SOCKET_IFNAME`` and
    ``GLOO_SOCKET_IFNAME`` to the interface it is on.
Source in vLLM:
    ``vllm.utils.network_utils.get_ip``, ``vllm.envs`` VLLM_HOST_IP (0.33.0)
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import TWO_HOSTS, deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN027"
NAME = "hosts-without-addresses"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "document"
BAD = (deployment(args=TWO_HOSTS),)
GOOD = (
    deployment(
        "env:",
        "  - {name: VLLM_HOST_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}",
        "  - {name: NCCL_SOCKET_IFNAME, value: eth0}",
        "  - {name: GLOO_SOCKET_IFNAME, value: eth0}",
        args=TWO_HOSTS,
    ),
    deployment(),
)

_VARIABLES = ("VLLM_HOST_IP", "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the variables that are not set."""
    container = document.container
    missing = [name for name in _VARIABLES if name not in container.variables]
    if container.image and document.hosts > 1 and missing:
        yield Explanation(
            message=f"{document.hosts} hosts, and {', '.join(missing)} not set",
            cause="each library takes the first network it finds",
            fix="VLLM_HOST_IP: the host's address; the other two: the interface it is on",
            source="vllm.utils.network_utils.get_ip",
            place=container.places.get("env") or container.places.get(""),
        )
