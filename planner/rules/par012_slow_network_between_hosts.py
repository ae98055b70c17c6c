"""Hosts are joined by plain Ethernet.

What it checks:
    a layout of several hosts whose network is Ethernet without RDMA.
Why:
    pipeline stages hand on two tensors a step and survive it; tensor and expert groups do not.
    Every crossing costs a TCP round trip.

Example:
    two hosts on 10 GbE.
Fix:
    use InfiniBand or RoCE where there is one (name it: ``--gpus 2x8xH100@ib-ndr``), keep TP and
    experts inside a host, or take one host.
Source in vLLM:
    docs/serving/parallelism_scaling: check for ``NET/IB/GDRDMA`` in NCCL's log
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR012"
NAME = "slow-network-between-hosts"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH100@eth-25 -tp 8 -pp 2",)
GOOD = ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH100@ib-ndr -tp 8 -pp 2",)


def broken(case: Case) -> Bools:
    """Rows over several hosts, where the network has no RDMA."""
    fabric = case.group.fabric
    slow = fabric is not None and not case.group.fabric_assumed and not fabric.rdma
    return (case.placement.hosts > 1) & ~case.placement.too_many & slow


def explain(case: Case, row: int) -> Explanation:
    """Name the network."""
    fabric = case.group.fabric
    return Explanation(
        message=(
            f"{int(case.placement.hosts[row])} hosts talk over "
            f"{fabric.name if fabric else 'Ethernet'}, without RDMA"
        ),
        cause="each step crosses it once a pipeline stage, in every layer for TP and experts",
        fix="use an RDMA network if the hosts have one, or a layout inside one host",
        source="docs/serving/parallelism_scaling (vLLM 0.33)",
    )
