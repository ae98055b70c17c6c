"""A package is not of the release that vLLM, or torch, requires.

What it checks:
    what the metadata of the installed vLLM and torch requires is installed, in such a release.
Why:
    vLLM's binaries are compiled against one torch, and load no other; torch is tested with one
    NCCL; other requirements are of interfaces that vLLM uses.

Example:
    ``pip install -U transformers`` beside an older vLLM.
Fix:
    install vLLM again, which brings what it requires; one environment for vLLM alone keeps it so.
Source in vLLM:
    ``requirements/common.txt``, ``requirements/cuda.txt``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.requirements import unmet_requirements

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "VER007"
NAME = "requirement-not-met"
SEVERITY = Severity.WARNING
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ('software.packages.torch = "2.11.0"',)
GOOD = ('software.packages.torch = "2.14.0+cu130"',)

#: more of them say the same
_SHOWN = 4


def check(host: HostCase) -> Explanation | None:
    """Name each that is not met."""
    software = host.facts.software
    if host.needs.container:
        return None
    found = unmet_requirements(software.requires, software.packages, software.version)
    # another release says more than none
    unmet = [
        f"{owner} {software.packages.get(owner, '')} requires {text}, here is {here or 'none'}"
        for owner, text, here in sorted(found, key=lambda each: not each[2])
    ]
    if not unmet:
        return None
    return Explanation(
        message="; ".join(unmet[:_SHOWN])
        + (f"; and {len(unmet) - _SHOWN} more" if len(unmet) > _SHOWN else ""),
        cause="something else was installed into the same environment afterwards",
        fix=f"pip install 'vllm=={host.vllm}' again; an environment for vLLM alone keeps it so",
        source="the metadata of the installed vLLM",
    )
