"""vLLM has no kernels for the board.

What it checks:
    the release is compiled for the board's compute capability, or for an earlier one of the same
    major number.
Why:
    a GPU runs what was compiled for it. Since 0.9 the wheel is compiled without Volta, which CUDA
    13 does not know at all: nothing in it runs on a V100.

Example:
    ``--gpus 8xV100``.
Fix:
    a newer board, or vLLM 0.8.5 and older.
Source in vLLM:
    compiled architectures of the release: ``CUDA_SUPPORTED_ARCHS`` in ``CMakeLists.txt``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.release import find_release, newest_release

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "HWD004"
NAME = "board-not-supported"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xV100-32gb -tp 8 --dtype float16",)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xT4 -tp 8 --dtype float16"
        " --max-model-len 8192"
    ),
)
LOG = ("no kernel image is available for execution on the device",)


def broken(case: Case) -> Bools | bool:
    """All rows or none: it is the board."""
    release = find_release(case.version.name)
    return release is not None and not release.runs_on(_capability(case))


def explain(case: Case, row: int) -> Explanation:
    """Name the board and its capability, and the last release that runs on it."""
    del row
    release, older = find_release(case.version.name), newest_release(boards=[_capability(case)])
    built = ", ".join(release.architectures) if release else ""
    return Explanation(
        message=(
            f"{case.group.accelerator.name} has compute capability "
            f"{case.settings.capability / 10:.1f}; vLLM {case.version.name} is built for {built}"
        ),
        cause="a GPU runs what was compiled for its own major number, or PTX older than itself",
        fix=f"take a newer board, or vLLM {older.version}" if older else "take a newer board",
        source="compiled architectures of vLLM's wheel",
    )


def _capability(case: Case) -> tuple[int, int]:
    return divmod(case.settings.capability, 10)
