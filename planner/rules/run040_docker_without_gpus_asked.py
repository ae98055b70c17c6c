"""``docker run`` gives the container no GPU.

What it checks:
    ``docker run`` and its like of an image of vLLM's have ``--gpus``, ``--device`` or
    ``--runtime``.
Why:
    without one of them the container sees no GPU, and vLLM finds no device to run on.

Example:
    ``docker run vllm/vllm-openai:v0.33.0 --model Qwen/Qwen3-8B``.
Fix:
    ``--gpus all``.
Source in vLLM:
    documentation, Using Docker; ``vllm.platforms.current_platform`` (0.33.0)
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN040"
NAME = "docker-without-gpus-asked"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "document"
BAD = (
    (
        "#!/bin/sh\ndocker run --ipc=host vllm/vllm-openai:v0.33.0 --model"
        " Qwen/Qwen3-8B --max-model-len 8192\n"
    ),
)
GOOD = (
    (
        "#!/bin/sh\ndocker run --gpus all --ipc=host vllm/vllm-openai:v0.33.0 --model"
        " Qwen/Qwen3-8B --max-model-len 8192\n"
    ),
)


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the option."""
    container = document.container
    if container.sees_gpus is False:
        yield Explanation(
            message="the container is given no GPU",
            cause="docker shows a container no device that it is not asked for",
            fix="--gpus all, or --gpus with a number",
            source="vllm.platforms.current_platform",
            place=container.places.get(""),
        )
