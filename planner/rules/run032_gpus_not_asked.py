"""The GPUs of this machine were not asked: the library for it is not installed.

What it checks:
    ``nvidia-ml-py`` is installed beside the planner where there are NVIDIA GPUs, or a plan asks for
    them.
Why:
    boards, memory, links and what others hold come from the driver through that library; vLLM
    brings one of its own, the planner does not.

Example:
    ``pip install vllm-planner`` on a GPU host.
Fix:
    ``pip install 'vllm-planner[nvml]'``.
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

CODE = "RUN032"
NAME = "gpus-not-asked"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('pci_gpus = 8\nnvml_installed = false\nnvml_problem = "nvidia-ml-py is not installed"',)
GOOD = (
    "pci_gpus = 8",
    'pci_gpus = 0\nnvml_installed = false\nnvml_problem = "nvidia-ml-py is not installed"',
)


def check(host: HostCase) -> Explanation | None:
    """Say what was not checked."""
    facts = host.facts
    planned = host.needs.gpus and host.for_nvidia
    if facts.nvml is not None or facts.nvml_installed or not (facts.pci_gpus or planned):
        return None
    return Explanation(
        message="the GPUs were not asked: nvidia-ml-py is not installed beside the planner",
        cause="boards, free memory and links come from the driver through it",
        fix="pip install 'vllm-planner[nvml]'",
    )
