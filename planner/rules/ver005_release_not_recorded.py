"""The vLLM here is newer or older than what this planner knows.

What it checks:
    the version of vLLM that will run is of a release whose behaviour is recorded.
Why:
    predictions are those of the nearest release that is.

Example:
    vLLM 0.99 beside a planner that knows 0.33.
Fix:
    a newer planner, or ``planner calibrate`` with a start-up log of that vLLM.
Source in vLLM:
    none
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.release import releases, version_key
from planner.vllm.version import newest

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "VER005"
NAME = "release-not-recorded"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('software.packages.vllm = "0.99.0"',)
GOOD = ('software.packages.vllm = "0.33.0"',)


def check(host: HostCase) -> Explanation | None:
    """Name the version and the range."""
    if not version_key(host.vllm) or host.release is not None:
        return None
    return Explanation(
        message=f"vLLM {host.vllm} is not recorded: {releases()[0].version} to {newest()} are",
        cause="what it does by default, and how it counts memory, may differ from all predictions",
        fix="pip install --upgrade vllm-planner; planner calibrate learns from its start-up log",
    )
