"""vLLM is not installed in the Python that is to run it.

What it checks:
    a plan for this machine has a vLLM to run it.
Why:
    the plan's command is vLLM's own; the planner brings no vLLM.

Example:
    a plan on a fresh machine.
Fix:
    install the release that was planned with.
Source in vLLM:
    none
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.release import find_release
from planner.vllm.version import newest

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN010"
NAME = "vllm-not-installed"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ('needs.gpus = 8\nneeds.vllm_version = "0.33"\nsoftware.packages.vllm = ""',)
GOOD = ('needs.gpus = 8\nneeds.vllm_version = "0.33"',)


def check(host: HostCase) -> Explanation | None:
    """Name the Python and the release, with what that wants of the machine."""
    needs, software = host.needs, host.facts.software
    if not needs.gpus or needs.container or host.vllm:
        return None
    release = find_release(needs.vllm_version or newest())
    wants = ""
    if release is not None and host.for_nvidia:
        wants = (
            f"vLLM {release.version} is built for Python {release.python} and CUDA {release.cuda}"
        )
        wants += f", from glibc {release.glibc} on" if release.glibc else ""
        here = [f"Python {software.version}" if software.version else ""]
        here += [f"glibc {host.facts.glibc}" if host.facts.glibc else ""]
        wants += f"; here: {', '.join(filter(None, here))}" if any(here) else ""
    version = f"=={needs.vllm_version}.*" if needs.vllm_version.count(".") == 1 else ""
    return Explanation(
        message=f"{software.path or 'this Python'} has no vLLM",
        cause=wants,
        fix=f"pip install 'vllm{version}', or --python the Python of an environment that has it",
    )
