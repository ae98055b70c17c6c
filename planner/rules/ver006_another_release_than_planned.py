"""Another release of vLLM is installed than the plan was made for.

What it checks:
    the installed vLLM is of the minor release that the plan names.
Why:
    defaults and what is counted in the memory budget change between releases.

Example:
    a plan for 0.33 beside vLLM 0.19.
Fix:
    plan again: the installed release is the default.
Source in vLLM:
    none
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.release import version_key

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "VER006"
NAME = "another-release-than-planned"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('needs.vllm_version = "0.19"',)
GOOD = ('needs.vllm_version = "0.33"',)


def check(host: HostCase) -> Explanation | None:
    """Name both."""
    planned, here = version_key(host.needs.vllm_version), version_key(host.vllm)
    if host.needs.container or not planned or not here or planned[:2] == here[:2]:
        return None
    return Explanation(
        message=f"the plan is for vLLM {host.needs.vllm_version}, and {host.vllm} is installed",
        cause="defaults, and what the memory budget counts, change between releases",
        fix=f"plan with --vllm-version {'.'.join(map(str, here[:2]))}, "
        f"or pip install 'vllm=={host.needs.vllm_version}.*'",
    )
