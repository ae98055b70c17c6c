"""Two distributions install a program called planner.

What it checks:
    the installed distributions that offer a console script ``planner``.
Why:
    the last one installed wins, so that ``planner`` may be another program; llm-d-planner has one.

Example:
    vllm-planner and llm-d-planner in one environment.
Fix:
    ``vllm-planner`` is the same program as this ``planner``.
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

CODE = "RUN018"
NAME = "program-name-clash"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('planner_scripts = ["llm-d-planner", "vllm-planner"]',)
GOOD = ('planner_scripts = ["vllm-planner"]',)


def check(host: HostCase) -> Explanation | None:
    """Name them."""
    owners = host.facts.planner_scripts
    if len(owners) <= 1:
        return None
    return Explanation(
        message=f"{' and '.join(owners)} both install a program called planner",
        cause="the one installed last is what planner runs",
        fix="type vllm-planner, which is this program and no other",
    )
