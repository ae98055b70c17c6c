"""The image's CUDA is newer than the driver takes by itself.

What it checks:
    the driver is at least the oldest that runs the CUDA of the vllm-openai image.
Why:
    the image brings CUDA's compatibility libraries, which let an older driver run it, but on
    data-centre boards only.

Example:
    the image of 0.33 (CUDA 13.0) on driver 550.54.14.
Fix:
    a newer driver, or an image of an older CUDA.
Source in vLLM:
    ``docker/Dockerfile``; NVIDIA's notes on forward compatibility
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

CODE = "RUN008"
NAME = "image-newer-than-driver"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = (
    (
        'nvml = { driver = "550.54.14", cuda = 12040 }\nneeds.container = true\n'
        'needs.vllm_version = "0.33"'
    ),
)
GOOD = ('nvml.driver = "580.65.06"\nneeds.container = true\nneeds.vllm_version = "0.33"',)


def check(host: HostCase) -> Explanation | None:
    """Name the driver and the least one."""
    toolkit = host.too_old_for
    if not host.needs.container or toolkit is None:
        return None
    runs = newest_release(driver=host.driver, image=True)
    own = host.release.image_tag(host.driver) if host.release else None
    tag = own or (runs.image_tag(host.driver) if runs else None)
    return Explanation(
        message=(
            f"the image of vLLM {host.vllm} is of CUDA {toolkit.version}, which needs driver "
            f"{toolkit.least_driver}; here is {host.driver}"
        ),
        cause="its compatibility libraries bridge that on data-centre boards, on no others",
        fix=f"install driver {toolkit.packaged_driver} or newer"
        + (f", or take the image vllm/vllm-openai:{tag}" if tag else ""),
        source="NVIDIA CUDA forward compatibility",
    )
