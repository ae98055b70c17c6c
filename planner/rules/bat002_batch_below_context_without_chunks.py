"""A step is shorter than a prompt, and prompts are not split.

What it checks:
    without chunked prefill a step holds a request of ``max_model_len`` tokens.
Why:
    a prompt that is not split must go through in one step.

Example:
    ``--no-enable-chunked-prefill --max-num-batched-tokens 2048`` on a context of 8,192.
Fix:
    leave chunked prefill on, or raise ``--max-num-batched-tokens``.
Source in vLLM:
    ``vllm.config.scheduler.SchedulerConfig``: ``max_num_batched_tokens (2048) is smaller than
    max_model_len (8192)``
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

CODE = "BAT002"
NAME = "batch-below-context-without-chunks"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
REPAIR = "unsafe"
BAD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus H100 --max-model-len 8192"
        " --max-num-batched-tokens 2048 --no-enable-chunked-prefill"
    ),
)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus H100 --max-model-len 8192"
        " --max-num-batched-tokens 2048"
    ),
)
LOG = (r"max_num_batched_tokens \(\d+\) is smaller than max_model_len",)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    whole = case.arguments.enable_chunked_prefill is False
    return whole and case.settings.max_num_batched_tokens < case.settings.max_model_len


def explain(case: Case, row: int) -> Explanation:
    """Name both numbers."""
    del row
    tokens, length = case.settings.max_num_batched_tokens, case.settings.max_model_len
    return Explanation(
        message=f"max_num_batched_tokens {tokens} is below max_model_len {length}",
        cause="with chunked prefill off a prompt goes through in one step",
        fix=f"leave chunked prefill on, or use --max-num-batched-tokens {length}",
        source="vllm.config.scheduler.SchedulerConfig.verify_max_model_len",
        repair=Repair(safe=False, options={"--no-enable-chunked-prefill": ()}),
    )
