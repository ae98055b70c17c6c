"""A step has no room for the drafted tokens of all requests with adapters.

What it checks:
    with ``--enable-lora`` and speculation ``--max-num-batched-tokens`` is at least
    ``--max-num-seqs`` times the drafted tokens and one.
Why:
    the adapters' kernels keep a place for each token that a step may verify.

Example:
    ``--enable-lora --spec-method ngram --spec-tokens 4 --max-num-seqs 256
    --max-num-batched-tokens 512``.
Fix:
    raise ``--max-num-batched-tokens``, or draft fewer tokens.
Source in vLLM:
    ``vllm.engine.arg_utils.EngineArgs.create_engine_config`` (0.33.0): ``Consider increasing
    max_num_batched_tokens or decreasing num_speculative_tokens``
Versions:
    0.33, which was read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.speculation import drafted_tokens

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "LRA004"
NAME = "drafts-of-adapters-exceed-a-step"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --enable-lora"
        " --spec-method ngram --spec-tokens 4 --max-num-seqs 256"
        " --max-num-batched-tokens 512"
    ),
)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --enable-lora"
        " --spec-method ngram --spec-tokens 4 --max-num-seqs 64"
        " --max-num-batched-tokens 512"
    ),
)
LOG = ("Consider increasing max_num_batched_tokens or",)

#: the release whose check was read; earlier ones may let it pass
_READ = (0, 33)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    asked = bool(case.arguments.enable_lora) and case.version.number >= _READ
    return asked and case.settings.max_num_batched_tokens < _wanted(case)


def explain(case: Case, row: int) -> Explanation:
    """Name the numbers."""
    del row
    tokens, seqs = case.settings.max_num_batched_tokens, case.settings.max_num_seqs
    return Explanation(
        message=f"{seqs} requests may verify {_wanted(case)} tokens, a step takes {tokens}",
        cause="with adapters each drafted token of each request has a place of its own",
        fix=f"--max-num-batched-tokens {_wanted(case)}",
        source="vllm.engine.arg_utils.EngineArgs.create_engine_config",
    )


def _wanted(case: Case) -> int:
    drafted = drafted_tokens(case.arguments)
    return case.settings.max_num_seqs * (drafted + 1) if drafted else 0
