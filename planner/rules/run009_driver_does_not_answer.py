"""The NVIDIA driver does not answer.

What it checks:
    GPUs that are on the bus, or that a plan asks for, answer through the driver.
Why:
    vLLM finds its platform by asking the driver; without an answer it takes the CPU, or fails.

Example:
    a new kernel for which the driver's module was not built.
Fix:
    install the driver, or load its module; in a container, give it the GPUs.
Source in vLLM:
    ``vllm.platforms.cuda_platform_plugin``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN009"
NAME = "driver-does-not-answer"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ('pci_gpus = 2\nnvml_problem = "NVML Shared Library Not Found"',)
GOOD = (
    'needs.gpus = 8\nneeds.accelerator = "mi300x-192gb"\npci_gpus = 0\nnvml_problem = "no library"',
    'pci_gpus = 8\nnvml.driver = "580.95.05"',
)


def check(host: HostCase) -> Explanation | None:
    """Say what the driver's library said."""
    facts = host.facts
    planned = host.needs.gpus and host.for_nvidia
    unheard = facts.nvml is None and facts.nvml_installed
    if not unheard or not (facts.pci_gpus or planned):
        return None
    there = (
        f"NVIDIA GPUs on the bus: {facts.pci_gpus}"
        if facts.pci_gpus
        else f"NVIDIA GPUs the plan takes of this host: {host.needs.gpus}, on the bus: 0"
    )
    return Explanation(
        message=f"{there}; {facts.nvml_problem or 'the NVIDIA driver does not answer'}",
        cause="vLLM finds the GPUs by asking the driver, and takes the CPU when it hears nothing",
        fix="nvidia-smi shows the driver's own words; a container wants docker run --gpus all",
        source="vllm.platforms.cuda_platform_plugin",
    )
