"""Fewer adapters in host memory than in a batch.

What it checks:
    ``--max-cpu-loras`` is at least ``--max-loras``.
Why:
    what a batch uses is also kept in host memory.

Example:
    ``--enable-lora --max-loras 4 --max-cpu-loras 2``.
Fix:
    raise ``--max-cpu-loras``, or leave it out.
Source in vLLM:
    ``vllm.config.lora.LoRAConfig`` (0.11.0, 0.33.0): ``max_cpu_loras must be >= max_loras``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "LRA002"
NAME = "fewer-adapters-in-host-memory-than-in-a-batch"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --enable-lora"
        " --max-loras 4 --max-cpu-loras 2"
    ),
)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --enable-lora"
        " --max-loras 4 --max-cpu-loras 8"
    ),
)
LOG = ("max_cpu_loras \\(\\d+\\) must be >=",)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    asked = case.arguments
    kept = asked.max_cpu_loras
    return bool(asked.enable_lora) and kept is not None and kept < _in_a_batch(case)


def explain(case: Case, row: int) -> Explanation:
    """Name both numbers."""
    del row
    kept, used = case.arguments.max_cpu_loras, _in_a_batch(case)
    return Explanation(
        message=f"--max-cpu-loras {kept} is below --max-loras {used}",
        cause="what a batch uses is also kept in host memory",
        fix=f"--max-cpu-loras {used}, or leave it out",
        source="vllm.config.lora.LoRAConfig",
    )


def _in_a_batch(case: Case) -> int:
    return case.arguments.max_loras or 1
