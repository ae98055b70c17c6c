"""Several hosts are told an address that is none of theirs.

What it checks:
    ``VLLM_HOST_IP`` on several hosts is no loopback address and not 0.0.0.0.
Why:
    the other hosts connect to what each host says of itself: to themselves, then, and the start
    hangs.

Example:
    ``VLLM_HOST_IP: 127.0.0.1`` on two nodes.
Fix:
    the host's own: in Kubernetes ``fieldRef: status.podIP``.
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

CODE = "RUN039"
NAME = "host-address-of-no-host"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "document"
BAD = (deployment("env: [{name: VLLM_HOST_IP, value: 127.0.0.1}]", args=TWO_HOSTS),)
GOOD = (
    deployment(
        "env: [{name: VLLM_HOST_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]",
        args=TWO_HOSTS,
    ),
)

_NOBODYS = ("127.", "0.0.0.0", "localhost", "::1")  # noqa: S104 - compared, not bound


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the address."""
    variable = document.container.variables.get("VLLM_HOST_IP")
    address = variable.value if variable else None
    if variable and address and document.hosts > 1 and address.startswith(_NOBODYS):
        yield Explanation(
            message=f"VLLM_HOST_IP {address} on each of {document.hosts} hosts",
            cause="the others connect to it, and reach themselves",
            fix="Kubernetes: valueFrom: {fieldRef: {fieldPath: status.podIP}}; else $(hostname -i)",
            source="vllm.utils.network_utils.get_ip",
            place=variable.place,
        )
