"""The vLLM that will run has no kernels for a GPU of this machine.

What it checks:
    the compute capability of every GPU that vLLM takes is among those its release is compiled for,
    or later of the same major number.
Why:
    a GPU runs what was compiled for it, or compiles PTX that is not newer than itself.

Example:
    vLLM 0.33 on a V100 (7.0).
Fix:
    a release that is built for the board, or a build of your own.
Source in vLLM:
    ``CUDA_SUPPORTED_ARCHS`` in ``CMakeLists.txt``; ``torch_cuda_arch_list`` of the image
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

CODE = "HWD007"
NAME = "not-built-for-this-board"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = (
    (
        'nvml.gpus = [{ name = "Tesla V100-SXM2-32GB", total_bytes = 34359738368, '
        "compute_capability = [7, 0] }]"
    ),
)
GOOD = (
    'nvml.gpus = [{ name = "Tesla T4", total_bytes = 16106127360, compute_capability = [7, 5] }]',
)


def check(host: HostCase) -> Explanation | None:
    """Name the board, and the last release that has kernels for it."""
    release = host.release
    # what a build of somebody's own is compiled for nobody knows; the index's has no local version
    if release is None or "+" in host.vllm:
        return None
    alien = {
        gpu.name: gpu.compute_capability
        for gpu in host.gpus
        if gpu.compute_capability and not release.runs_on(gpu.compute_capability)
    }
    if not alien:
        return None
    name, capability = next(iter(alien.items()))
    older = newest_release(boards=[capability])
    return Explanation(
        message=(
            f"{name} has compute capability {capability[0]}.{capability[1]}; vLLM {host.vllm} is "
            f"built for {', '.join(release.architectures)}"
        ),
        cause="a GPU runs what was compiled for its own major number, or PTX older than itself",
        fix=f"pip install vllm=={older.version}, or build vLLM for this board"
        if older
        else "build vLLM for this board",
        source="compiled architectures of the release",
    )
