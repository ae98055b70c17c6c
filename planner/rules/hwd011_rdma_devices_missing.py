"""The plan's network is one of RDMA, and this machine shows no RDMA device.

What it checks:
    for a plan over several hosts on a network with RDMA: ``/sys/class/infiniband`` has a device.
Why:
    without one NCCL goes over TCP, which is many times slower.

Example:
    a container that was not given ``/dev/infiniband``.
Fix:
    load the driver of the adapter; in a container ``--device=/dev/infiniband`` and
    ``--cap-add=IPC_LOCK``.
Source in vLLM:
    ``docs/serving/parallelism_scaling.md``: ``[send] via NET/Socket`` in NCCL's log
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.hardware.catalog import Catalog
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "HWD011"
NAME = "rdma-devices-missing"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('needs.hosts = 2\nneeds.fabric = "ib-hdr"\nrdma_devices = []',)
GOOD = ('needs.hosts = 2\nneeds.fabric = "ib-hdr"\nrdma_devices = ["mlx5_0"]',)


def check(host: HostCase) -> Explanation | None:
    """Name the network."""
    needs = host.needs
    if needs.hosts <= 1 or not needs.fabric or host.facts.rdma_devices:
        return None
    catalog = Catalog.default()
    if needs.fabric not in catalog.ids("fabrics") or not catalog.fabric(needs.fabric).rdma:
        return None
    return Explanation(
        message=(
            f"the plan counts on {needs.fabric} between {needs.hosts} hosts; here is no RDMA device"
        ),
        cause="NCCL would go over TCP, which is many times slower",
        fix="load the adapter's driver; a container wants --device=/dev/infiniband "
        "--cap-add=IPC_LOCK",
        source="NCCL's log says NET/IB or NET/Socket: NCCL_DEBUG=INFO",
    )
