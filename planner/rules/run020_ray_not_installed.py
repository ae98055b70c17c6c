"""The plan runs on Ray, and Ray is not installed.

What it checks:
    ``ray`` is installed beside vLLM where the plan's executor is Ray.
Why:
    vLLM brought Ray until 0.17, and brings it no more.

Example:
    ``--distributed-executor-backend ray`` with vLLM 0.33.
Fix:
    ``pip install 'ray[cgraph]'`` on every host, or vLLM's own way over several hosts.
Source in vLLM:
    ``vllm.v1.executor.ray_utils.assert_ray_available``
Versions:
    0.18 and later
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN020"
NAME = "ray-not-installed"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ("needs.ray = true",)
GOOD = ('needs.ray = true\nsoftware.packages.ray = "2.48.0"',)


def check(host: HostCase) -> Explanation | None:
    """Say where it is missing."""
    packages = host.facts.software.packages
    if not host.needs.ray or host.needs.container or "ray" in packages:
        return None
    brings = host.release is not None and host.release.ray
    return Explanation(
        message=f"the plan runs on Ray, and {host.facts.software.path or 'this Python'} has none",
        cause="" if brings else f"vLLM {host.vllm} does not bring it" if host.vllm else "",
        fix="pip install 'ray[cgraph]' on every host, or plan with --executor mp",
        source="vllm.v1.executor.ray_utils.assert_ray_available",
    )
