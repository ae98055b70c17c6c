"""The driver is older than the CUDA that vLLM is built for.

What it checks:
    the driver is at least the one that NVIDIA packages with the CUDA of the installed vLLM.
Why:
    an older driver of the same major CUDA runs what is compiled for the board, but not what the
    driver must compile as it is loaded (PTX): vLLM starts, and a kernel that ships so fails.

Example:
    vLLM 0.19 (CUDA 12.9) on driver 550.54.14.
Fix:
    the packaged driver or a newer one.
Source in vLLM:
    none; NVIDIA's tables of drivers and of minor-version compatibility
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

CODE = "RUN007"
NAME = "driver-older-than-toolkit"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('nvml.driver = "580.65.06"\nsoftware.packages.torch = "2.14.0+cu132"',)
GOOD = ('nvml.driver = "595.45.04"\nsoftware.packages.torch = "2.14.0+cu132"',)


def check(host: HostCase) -> Explanation | None:
    """Name the driver and the packaged one."""
    toolkit = host.toolkit
    if host.needs.container or toolkit is None or not host.driver:
        return None
    driver = version_key(host.driver)
    if not version_key(toolkit.least_driver) <= driver < version_key(toolkit.packaged_driver):
        return None
    return Explanation(
        message=(
            f"driver {host.driver} is older than CUDA {toolkit.version}, which vLLM {host.vllm} "
            f"is built for and which comes with {toolkit.packaged_driver}"
        ),
        cause="it runs compiled kernels; those that ship as PTX it cannot compile",
        fix=f"install driver {toolkit.packaged_driver} or newer",
        source="NVIDIA CUDA toolkit release notes",
    )
