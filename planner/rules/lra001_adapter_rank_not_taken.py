"""vLLM has no kernels for the adapters' rank.

What it checks:
    ``--max-lora-rank`` is one of 1, 8, 16, 32, 64, 128, 256, 320 and 512.
Why:
    buffers and kernels are made for these widths; the parser refuses others.

Example:
    ``--enable-lora --max-lora-rank 24``.
Fix:
    the next larger one: adapters of less rank run in it.
Source in vLLM:
    ``vllm.config.lora.MaxLoRARanks`` (0.33.0)
Versions:
    0.33, which was read; 0.11 takes 8, 16, 32, 64, 128, 256, 320 and 512
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "LRA001"
NAME = "adapter-rank-not-taken"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --enable-lora --max-lora-rank 24"),)
GOOD = (
    ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --enable-lora --max-lora-rank 32"),
)

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    rank = case.arguments.max_lora_rank
    return bool(case.arguments.enable_lora) and rank is not None and rank not in _RANKS


def explain(case: Case, row: int) -> Explanation:
    """Name the next larger one."""
    del row
    rank = case.arguments.max_lora_rank or 0
    larger = next((each for each in _RANKS if each > rank), _RANKS[-1])
    return Explanation(
        message=f"--max-lora-rank {rank}: vLLM takes {', '.join(map(str, _RANKS))}",
        cause="its kernels are made for these widths",
        fix=f"--max-lora-rank {larger}",
        source="vllm.config.lora.MaxLoRARanks",
    )
