"""The GPUs are not the ones that the plan was made for.

What it checks:
    the board and its memory are the plan's.
Why:
    another board has another amount of memory, other links and other kernels: none of the plan's
    figures hold.

Example:
    a plan for A100 of 80 GB on A100 of 40 GB.
Fix:
    plan for what is here: ``--gpus auto``.
Source in vLLM:
    none
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "HWD008"
NAME = "another-board-than-planned"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('needs.gpus = 8\nneeds.accelerator = "a100-sxm4-80gb"',)
GOOD = ('needs.gpus = 8\nneeds.accelerator = "h100-sxm5-80gb"',)


def check(host: HostCase) -> Explanation | None:
    """Name both boards."""
    needs = host.needs
    if not needs.accelerator or not host.groups:
        return None
    others = [group for group in host.groups if group.accelerator.id != needs.accelerator]
    if not others:
        return None
    return Explanation(
        message=(
            f"the plan is for {needs.accelerator}; here is "
            + ", ".join(f"{g.gpus_per_node}x {g.accelerator.id}" for g in others)
        ),
        cause="memory, links and kernels are the board's: none of the plan's figures hold",
        fix="plan for what is here: --gpus auto",
    )
