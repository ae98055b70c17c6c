"""Fewer tokens in a step than requests.

What it checks:
    ``--max-num-batched-tokens`` is at least ``--max-num-seqs``.
Why:
    each running request takes at least one token a step.

Example:
    ``--max-num-batched-tokens 128 --max-num-seqs 256``.
Fix:
    raise the one or lower the other.
Source in vLLM:
    ``vllm.config.scheduler.SchedulerConfig``: ``max_num_batched_tokens (x) must be greater than
    or equal to max_num_seqs (y)``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "BAT001"
NAME = "batched-tokens-below-sequences"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
REPAIR = "unsafe"
BAD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus H100"
        " --max-num-batched-tokens 128 --max-num-seqs 256"
    ),
)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus H100"
        " --max-num-batched-tokens 256 --max-num-seqs 256"
    ),
)
LOG = ("must be greater than or equal to max_num_seqs",)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    return case.settings.max_num_batched_tokens < case.settings.max_num_seqs


def explain(case: Case, row: int) -> Explanation:
    """Name both numbers."""
    del row
    tokens, seqs = case.settings.max_num_batched_tokens, case.settings.max_num_seqs
    return Explanation(
        message=f"max_num_batched_tokens {tokens} is below max_num_seqs {seqs}",
        cause="each running request takes at least one token of a step",
        fix=f"use --max-num-batched-tokens {seqs} or --max-num-seqs {tokens}",
        source="vllm.config.scheduler.SchedulerConfig.verify_max_model_len",
        repair=Repair(
            safe=False,
            options={"--max-num-batched-tokens": ("--max-num-batched-tokens", str(seqs))},
        ),
    )
