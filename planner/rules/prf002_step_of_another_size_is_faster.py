"""Steps of another size would serve the load faster.

What it checks:
    at the load that is named, a request takes at least 5 % longer than it would with a quarter,
    half, twice or four times the ``--max-num-batched-tokens``.
Why:
    the budget of a step is what a prompt is cut into. Larger chunks pay for fewer steps; smaller
    ones run beside the decoding of others, which waits for memory meanwhile. Which is better moves
    with the load. Larger steps take memory: only what surely fits is offered.

Example:
    prompts of 8,192 tokens in steps of 256.
Fix:
    ``--max-num-batched-tokens`` as the finding says.
Source in vLLM:
    docs/configuration/optimization: chunked prefill
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.what_if import with_settings
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.gain import gain_text, load_named, none, saved, worthwhile

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rules.parts.gain import Floats
    from planner.units import Bools

CODE = "PRF002"
NAME = "step-of-another-size-is-faster"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
_LOAD = "--model Qwen/Qwen3-8B --gpus H100 --concurrency 32 --input-tokens 8192 --max-num-seqs 64"
BAD = (f"{_LOAD} --max-num-batched-tokens 64",)
GOOD = ("--model Qwen/Qwen3-32B --gpus 4xH100 -tp 4 --concurrency 16 --input-tokens 256",)
#: vLLM's own least: smaller steps are not advised
_LEAST = 2048
_TIMES = (0.25, 0.5, 2, 4)


def broken(case: Case) -> Bools:
    """Rows that gain clearly."""
    return worthwhile(gain(case))


def gain(case: Case) -> Floats:
    """Share of a request's time that the best of other sizes saves."""
    if not load_named(case):
        return none(case)
    return np.asarray(np.max([saved(case, _changed(case, n)) for n in _TIMES], axis=0))


def explain(case: Case, row: int) -> Explanation:
    """The better of the sizes that were tried."""
    tried = [_changed(case, times) for times in _TIMES]
    best = max(tried, key=lambda each: float(saved(case, each)[row]))
    tokens = best.settings.max_num_batched_tokens
    return Explanation(
        message=(
            f"steps of {case.settings.max_num_batched_tokens} tokens; of {tokens} "
            f"{gain_text(case, best, row)}"
        ),
        cause="a prompt is cut into chunks of that size, which run beside the decoding of others",
        fix=f"add --max-num-batched-tokens {tokens}",
        source="docs/configuration/optimization (vLLM 0.33)",
    )


def _changed(case: Case, times: float) -> Case:
    tokens = int(case.settings.max_num_batched_tokens * times)
    least = min(_LEAST, case.settings.max_num_batched_tokens)
    return with_settings(case, max_num_batched_tokens=max(tokens, least))
