"""The asked context is beyond the model.

What it checks:
    ``--max-model-len`` is at most what config.json allows, if it says. LongRoPE models start
    with less than they allow.
Why:
    positions beyond the trained ones give nonsense or read past a table; vLLM refuses.

Example:
    ``--max-model-len 200k`` on a model of 131,072.
Fix:
    a shorter context, or the model's documented rope scaling by ``--hf-overrides``.
Source in vLLM:
    ``vllm.config.model._get_and_verify_max_len``: ``User-specified max_model_len (200000) is
    greater than the derived max_model_len``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.units import count_text

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "LEN001"
NAME = "context-beyond-the-model"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
REPAIR = "unsafe"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus H100 --max-model-len 200k",)
GOOD = (
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus H100 --max-model-len 100k",
    "--model microsoft/Phi-3-mini-128k-instruct --gpus H100 --max-model-len 100k",
)
LOG = ("is greater than the derived max_model_len",)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    allowed = case.environment.get("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "0") == "1"
    unstated = case.architecture.max_model_len_key == "default"
    return case.settings.max_model_len > _longest(case) and not allowed and not unstated


def explain(case: Case, row: int) -> Explanation:
    """Name both lengths and the key."""
    del row
    architecture, longest = case.architecture, _longest(case)
    # LongRoPE alone has a longest context of its own, from this key
    key = "max_position_embeddings" if architecture.longest_model_len else ""
    return Explanation(
        message=(
            f"max_model_len {count_text(case.settings.max_model_len)} is beyond the model's "
            f"{count_text(longest)} ({key or architecture.max_model_len_key})"
        ),
        cause="positions past the model's own are untrained, or past the end of a table",
        fix=f"use --max-model-len {longest}, or VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 at your own risk",
        source="vllm.config.model._get_and_verify_max_len",
        # the other answer is the model's rope scaling
        repair=Repair(safe=False, options={"--max-model-len": ("--max-model-len", str(longest))}),
    )


def _longest(case: Case) -> int:
    return case.architecture.longest_model_len or case.architecture.max_model_len
