"""A KV cache in fp8 would serve the load faster.

What it checks:
    at the load that is named, a request takes at least 5 % longer than it would with
    ``--kv-cache-dtype fp8``.
Why:
    half the bytes a token: more requests find room at a time, and each step reads half as much of
    the cache. Only where the board computes in fp8 and nobody chose a format. Check the quality of
    answers: scales that the checkpoint does not bring are 1.

Example:
    many long requests on a board whose memory the weights nearly fill.
Fix:
    ``--kv-cache-dtype fp8``
Source in vLLM:
    docs/features/quantization/quantized_kvcache
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

CODE = "PRF001"
NAME = "fp8-kv-cache-is-faster"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = (
    "--model Qwen/Qwen3-32B --gpus H100 --concurrency 64 --input-tokens 4096 --max-model-len 8192",
)
GOOD = ("--model Qwen/Qwen3-32B --gpus 8xH100 -tp 8 --concurrency 4",)
#: compute capability of the first boards with fp8 arithmetic
_FP8 = 89


def broken(case: Case) -> Bools:
    """Rows that gain clearly."""
    return worthwhile(gain(case))


def gain(case: Case) -> Floats:
    """Share of a request's time that fp8 saves."""
    free = case.settings.kv_cache_dtype == "auto" and case.kv.dtype in {"bfloat16", "float16"}
    if not (load_named(case) and free and case.settings.capability >= _FP8):
        return none(case)
    return saved(case, _changed(case))


def explain(case: Case, row: int) -> Explanation:
    """Before and after."""
    return Explanation(
        message=f"a KV cache in {case.kv.dtype}; in fp8 {gain_text(case, _changed(case), row)}",
        cause="half the bytes a token: more requests at a time, and less to read in each step",
        fix="add --kv-cache-dtype fp8, and check the quality of answers",
        source="docs/features/quantization/quantized_kvcache (vLLM 0.33)",
    )


def _changed(case: Case) -> Case:
    return with_settings(case, kv_cache_dtype="fp8")
