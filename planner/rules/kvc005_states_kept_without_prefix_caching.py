"""States are to be kept every so many tokens, and nothing would use them again.

What it checks:
    ``--mamba-block-size`` comes without ``--no-enable-prefix-caching``.
Why:
    the states in between serve prompts that begin alike; vLLM refuses the one without the
    other.

Example:
    ``--mamba-block-size 1024 --no-enable-prefix-caching``.
Fix:
    leave one of the two out.
Source in vLLM:
    ``vllm.config.vllm.VllmConfig.validate_mamba_block_size`` (0.33.0)
Versions:
    0.33, which was read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "KVC005"
NAME = "states-kept-without-prefix-caching"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    (
        "--model nvidia/NVIDIA-Nemotron-Nano-9B-v2 --gpus H100 --mamba-block-size 1024"
        " --no-enable-prefix-caching"
    ),
)
GOOD = (
    (
        "--model nvidia/NVIDIA-Nemotron-Nano-9B-v2 --gpus H100 --mamba-block-size 1024"
        " --enable-prefix-caching"
    ),
)
LOG = ("--mamba-block-size can only be set with",)

#: the release whose check was read; earlier ones may let it pass
_READ = (0, 33)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    asked = case.arguments
    without = asked.enable_prefix_caching is False and case.version.number >= _READ
    return asked.mamba_block_size is not None and without


def explain(case: Case, row: int) -> Explanation:
    """Name both options."""
    del row
    return Explanation(
        message=f"--mamba-block-size {case.arguments.mamba_block_size} without prefix caching",
        cause="states in between are kept for prompts that begin alike",
        fix="leave out --mamba-block-size or --no-enable-prefix-caching",
        source="vllm.config.vllm.VllmConfig.validate_mamba_block_size",
    )
