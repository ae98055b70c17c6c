"""The NVIDIA driver is too old for this vLLM.

What it checks:
    the driver is at least the oldest that runs the CUDA which the installed vLLM is built for; or
    a log in which CUDA refused the driver.
Why:
    a vLLM wheel brings a CUDA runtime, and each major CUDA has a least driver: 525 for CUDA 12, 580
    for CUDA 13.

Example:
    vLLM 0.33 (CUDA 13.0) on driver 550.54.14.
Fix:
    a newer driver, the ``cuda-compat`` package on data-centre boards, or an older vLLM.
Source in vLLM:
    ``vllm.platforms.cuda``; NVIDIA's table of minor-version compatibility
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.release import newest_release

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN005"
NAME = "driver-too-old"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ('nvml.driver = "550.54.14"\nnvml.cuda = 12040',)
GOOD = ('nvml.driver = "580.65.06"',)
LOG = (
    "NVIDIA driver on your system is too old",
    "CUDA driver version is insufficient",
    "provided PTX was compiled with an unsupported toolchain",
)


def check(host: HostCase) -> Explanation | None:
    """Name the driver, the least one, and the newest vLLM that this driver runs."""
    toolkit = host.too_old_for
    if host.needs.container or toolkit is None:
        return None
    older = newest_release(driver=host.driver)
    return Explanation(
        message=(
            f"driver {host.driver} is too old for vLLM {host.vllm}: CUDA {toolkit.version} needs "
            f"{toolkit.least_driver} or newer"
        ),
        cause="the wheel brings its own CUDA runtime, and that needs a driver of its time",
        fix=f"install driver {toolkit.packaged_driver} or newer"
        + (f", or pip install vllm=={older.version}" if older else ""),
        source="NVIDIA CUDA toolkit release notes",
    )
