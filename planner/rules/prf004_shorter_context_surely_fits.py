"""A shorter context would surely fit.

What it checks:
    a layout that may not fit with its context would surely fit with one that the named load
    needs: ``--input-tokens`` and ``--output-tokens`` together, with as much again to spare.
Why:
    vLLM refuses to start where one request of ``max_model_len`` finds no room, however short the
    requests are that come.

Example:
    a model of 131,072 tokens on a board that it nearly fills, for requests of 1,280.
Fix:
    ``--max-model-len`` as the finding says.
Source in vLLM:
    ``vllm.v1.core.kv_cache_utils.check_enough_kv_cache_memory``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.what_if import with_settings
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.gain import load_named

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PRF004"
NAME = "shorter-context-surely-fits"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-32B --gpus H100 --concurrency 8 --max-model-len 30000",)
GOOD = ("--model Qwen/Qwen3-32B --gpus H100 --concurrency 8 --max-model-len 4096",)


def broken(case: Case) -> Bools | bool:
    """Rows that are in doubt, and would not be."""
    if not load_named(case) or _needed(case) >= case.settings.max_model_len:
        return False
    doubt = case.may_fit & ~case.fits
    return doubt & _changed(case).fits if doubt.any() else False


def explain(case: Case, row: int) -> Explanation:
    """The chance before and after."""
    before, after = (float(each.fit_probability[row]) for each in (case, _changed(case)))
    length = int(case.max_model_len[row])
    return Explanation(
        message=f"a context of {length} tokens fits with a chance of {100 * before:.0f}%",
        cause=f"the load needs {_load_tokens(case)} tokens; with {_needed(case)} the chance is "
        f"{100 * after:.0f}%",
        fix=f"add --max-model-len {_needed(case)}",
        source="vllm.v1.core.kv_cache_utils.check_enough_kv_cache_memory",
    )


def _load_tokens(case: Case) -> int:
    return case.workload.longest_tokens


def _needed(case: Case) -> int:
    """Twice what the load needs, as a power of two."""
    return int(2 ** np.ceil(np.log2(2 * _load_tokens(case))))


def _changed(case: Case) -> Case:
    return with_settings(case, max_model_len=_needed(case), model_len_asked=True)
