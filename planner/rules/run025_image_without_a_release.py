"""The image names no release, so nobody knows which vLLM will run.

What it checks:
    images of containers without a tag, or with ``latest`` or ``nightly``.
Why:
    a restart may pull another vLLM: other defaults, other memory, removed options. What was
    validated is not what runs.

Example:
    ``image: vllm/vllm-openai:latest``
Fix:
    name a release: ``vllm/vllm-openai:v0.33.0``, or a digest.
Source in vLLM:
    none: container images
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN025"
NAME = "image-without-a-release"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "document"
BAD = (
    deployment(image="vllm/vllm-openai:latest"),
    deployment(image="vllm/vllm-openai"),
)
GOOD = (
    deployment(),
    deployment(image="vllm/vllm-openai@sha256:9f2c1e77d0a4"),
)

_MOVING = ("latest", "nightly")


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the image."""
    container = document.container
    image = container.image or ""
    if not image or "@sha256:" in image or image.startswith("$"):
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    if not tag or tag.startswith(_MOVING):
        yield Explanation(
            message=f"{image} is another vLLM from time to time",
            cause="a restart may pull one with other defaults and other memory",
            fix="name a release, such as vllm/vllm-openai:v0.33.0",
            place=container.places.get("image"),
        )
