"""Docker cannot run the plan's container with GPUs.

What it checks:
    for a plan that runs in a container: docker is here, its server answers and can give GPUs.
Why:
    ``--gpus`` needs NVIDIA's container toolkit, which docker does not bring.

Example:
    docker without nvidia-container-toolkit.
Fix:
    install nvidia-container-toolkit; ``nvidia-ctk runtime configure --runtime=docker``; restart
    docker.
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

CODE = "RUN019"
NAME = "docker-without-gpus"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = (
    'needs.container = true\ndocker = { client = "28.2.2", server = "28.2.2", gpus = false }',
    'needs.container = true\ndocker = { server = "", problem = "permission denied" }',
)
GOOD = ('needs.container = true\ndocker = { client = "28.2.2", server = "28.2.2", gpus = true }',)


def check(host: HostCase) -> Explanation | None:
    """Say which of the three is missing."""
    docker = host.facts.docker
    if not host.needs.container:
        return None
    if docker is None:
        return Explanation(
            message="docker is not installed", fix="install docker, or run vllm serve"
        )
    if not docker.server:
        return Explanation(
            message=f"docker's server does not answer: {docker.problem or 'it says nothing'}",
            cause="it is not started, or this user may not speak to it",
            fix="sudo systemctl start docker; sudo usermod -aG docker $USER, then log in again",
        )
    if docker.gpus is False:
        return Explanation(
            message=f"docker {docker.server} has no way to give GPUs to a container",
            cause="NVIDIA's container toolkit is not installed, or docker was not told of it",
            fix="install nvidia-container-toolkit, then nvidia-ctk runtime configure "
            "--runtime=docker, then restart docker",
        )
    return None
