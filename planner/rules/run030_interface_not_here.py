"""A variable names a network interface that this machine does not have.

What it checks:
    ``NCCL_SOCKET_IFNAME`` and ``GLOO_SOCKET_IFNAME``, set here or by the plan for this host, name
    an interface of this machine.
Why:
    NCCL and Gloo find no address to meet at, and ranks on several hosts never join.

Example:
    ``NCCL_SOCKET_IFNAME=eth0`` where the interface is ``ens5``.
Fix:
    ``ip -brief address`` shows the interfaces; name the one that the other hosts are reached by.
Source in vLLM:
    none; NCCL's and Gloo's own
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN030"
NAME = "interface-not-here"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = (
    'interfaces = ["lo", "ens5"]\nenvironment.NCCL_SOCKET_IFNAME = "eth0"',
    'interfaces = ["lo", "ens5"]\nneeds.environment = { GLOO_SOCKET_IFNAME = "ens" }',
)
GOOD = (
    'interfaces = ["lo", "ens5"]\nenvironment.NCCL_SOCKET_IFNAME = "ens"',
    'interfaces = ["lo", "ens5"]\nenvironment.NCCL_SOCKET_IFNAME = "^lo,docker"',
)


def check(host: HostCase) -> Explanation | None:
    """Name the variable and the interfaces that there are."""
    there = host.facts.interfaces
    environment = {**host.facts.environment, **host.needs.environment}
    if host.needs.gpus * host.needs.hosts == 1:
        # one rank has nobody to meet over NCCL
        environment.pop("NCCL_SOCKET_IFNAME", None)
    wrong = [
        f"{name}={environment[name]}"
        for name in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")
        if environment.get(name) and not _named(environment[name], there, name)
    ]
    if not there or not wrong or host.needs.container:
        return None
    return Explanation(
        message=f"{' and '.join(wrong)}; here are {', '.join(there)}",
        cause="ranks find no address to meet at",
        fix="name the interface by which the other hosts are reached: ip -brief address",
        source="NCCL_SOCKET_IFNAME of NCCL, GLOO_SOCKET_IFNAME of torch.distributed",
    )


def _named(value: str, there: tuple[str, ...], variable: str) -> bool:
    """NCCL takes beginnings of names, whole ones after ``=``, and those to avoid after ``^``."""
    if value.startswith("^"):
        return True
    words = value.removeprefix("=").split(",")
    if variable.startswith("NCCL") and not value.startswith("="):
        return any(each.startswith(word) for each in there for word in words)
    return any(word in there for word in words)
