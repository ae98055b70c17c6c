"""Prefix caching is off although prompts share beginnings.

What it checks:
    ``--no-enable-prefix-caching`` beside a load that names a ``--prefix-cache-hit-rate``, where a
    request takes at least 5 % longer for it.
Why:
    with it the shared beginning of a prompt is computed once.

Example:
    a system prompt that makes up half of each prompt.
Fix:
    leave prefix caching on, as vLLM does by default.
Source in vLLM:
    docs/features/automatic_prefix_caching
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.case.what_if import with_settings
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.gain import gain_text, load_named, none, saved, worthwhile

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rules.parts.gain import Floats
    from planner.units import Bools

CODE = "PRF005"
NAME = "prefix-caching-is-off"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
_LOAD = "--model Qwen/Qwen3-8B --gpus H100 --concurrency 32 --input-tokens 8192"
BAD = (f"{_LOAD} --prefix-cache-hit-rate 0.5 --no-enable-prefix-caching",)
GOOD = (f"{_LOAD} --prefix-cache-hit-rate 0.5", f"{_LOAD} --no-enable-prefix-caching")


def broken(case: Case) -> Bools:
    """Rows that gain clearly."""
    return worthwhile(gain(case))


def gain(case: Case) -> Floats:
    """Share of a request's time that shared beginnings save."""
    shares = case.workload.prefix_cache_hit_rate > 0
    if case.settings.prefix_caching or not (load_named(case) and shares):
        return none(case)
    return saved(case, _changed(case))


def explain(case: Case, row: int) -> Explanation:
    """Before and after."""
    share = 100 * case.workload.prefix_cache_hit_rate
    return Explanation(
        message=f"prefix caching is off; with it {gain_text(case, _changed(case), row)}",
        cause=f"{share:.0f}% of the prompt tokens are the beginning of an earlier one",
        fix="leave out --no-enable-prefix-caching",
        source="docs/features/automatic_prefix_caching (vLLM 0.33)",
    )


def _changed(case: Case) -> Case:
    return with_settings(case, prefix_caching=True)
