"""The container image of a deployment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import Setting
from planner.launch.parts.board import platform
from planner.vllm.release import find_release, newest_release, version_key

if TYPE_CHECKING:
    from planner.launch.base import Served

#: as Docker and Kubernetes name one. Source: distribution/reference, its letters
IMAGE = r"[A-Za-z0-9][A-Za-z0-9._/:@-]*"
DRIVER = Setting(
    name="driver",
    help="NVIDIA driver of the hosts, 570.26: an image whose CUDA it runs.",
    form=r"\d+(\.\d+)*",
    example="570.26",
)
#: where vLLM publishes, by platform. Source: docs/deployment/docker.cuda.inc.md and
#: docker.rocm.inc.md (0.27)
_PUBLISHED = {"cuda": "vllm/vllm-openai", "rocm": "vllm/vllm-openai-rocm"}
#: the first release on ROCm that the documentation names
_FIRST_ON_ROCM = (0, 14)


def image_of(served: Served) -> str:
    """The image that was asked for, else vLLM's own of the planned release.

    Raises:
        UsageError: what was asked for is no image, vLLM publishes none for the board, or the
            driver runs none.
    """
    if served.image is not None:
        if not re.fullmatch(IMAGE, served.image):
            raise UsageError(
                f"--image {served.image[:60]!r} is no image",
                cause="REGISTRY/NAME:TAG or NAME@DIGEST, without blanks; a variable may not be set",
                fix="leave it out: vLLM's own image of the planned release is taken",
            )
        return served.image
    kind = platform(served)
    release = find_release(served.vllm_version)
    named = kind in _PUBLISHED and release is not None
    if kind == "rocm" and version_key(served.vllm_version) < _FIRST_ON_ROCM:
        named = False
    if not named or release is None:
        raise UsageError(
            f"vLLM {served.vllm_version} has no published image for {kind} that is known here",
            cause=f"the boards are {served.group.accelerator}",
            fix="--image IMAGE names one",
        )
    driver = served.settings.get(DRIVER.name, "") if kind == "cuda" else ""
    tag = release.image_tag(driver)
    if tag is None:
        older = newest_release(driver=driver, image=True)
        raise UsageError(
            f"driver {driver} runs no image of vLLM {served.vllm_version}",
            cause=f"its image is of CUDA {release.image_cuda}",
            fix=(f"plan with --vllm-version {older.version.rpartition('.')[0]}, " if older else "")
            + "a newer driver, or --image IMAGE",
        )
    return f"{_PUBLISHED[kind]}:{tag}"
