"""One request of the full length does not fit.

What it checks:
    the KV cache holds at least one request of ``max_model_len`` tokens on every rank.
Why:
    vLLM refuses to start when it could never serve the longest request it promises.

Example:
    a context of 131,072 tokens on a GPU that is nearly full of weights.
Fix:
    a shorter ``--max-model-len``; the largest that fits is given.
Source in vLLM:
    ``vllm.v1.core.kv_cache_utils``: ``To serve at least one request with the model's max seq
    len``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.finding import Origin, Repair, Severity
from planner.rules.base import Explanation
from planner.units import count_text, gib_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.units import Bools
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.log.figures import LogFacts

CODE = "KVC002"
NAME = "request-exceeds-kv-cache"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "layout"
REPAIR = "unsafe"
BAD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus L4",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus L4 --max-model-len 16384",)
LOG = (
    r"KV cache is needed, (?:which is larger than|but only)",
    "larger than the maximum number of tokens that can be stored in KV cache",
)


def broken(case: Case) -> Bools:
    """Rows with some room, and less than one request takes."""
    return case.plannable & (case.kv_cache_bytes.mid > 0) & ~case.request_fits


def explain(case: Case, row: int) -> Explanation:
    """Name the request, the room, and the longest that fits."""
    length = int(case.max_model_len[row])
    longest = int(case.longest[row])
    needed = int(case.request_bytes[row])
    room = int(case.kv_cache_bytes.mid[row])
    if length == 0:
        return Explanation(
            message=f"{gib_text(room, 2)} left for the KV cache may hold no request of any length",
            cause="by the pessimistic estimate of the overheads nothing is left",
            fix="use more GPUs, a quantized model, or a smaller --max-num-batched-tokens",
            source="vllm.v1.core.kv_cache_planning.get_kv_cache_configs",
        )
    return Explanation(
        message=(
            f"one request of {count_text(length)} tokens needs {gib_text(needed, 2)} of KV cache, "
            f"and there is {gib_text(room, 2)}"
        ),
        cause="vLLM starts only if it can serve one request of max_model_len",
        fix=(
            f"use --max-model-len {longest}"
            if longest > 0
            else "use more GPUs, a quantized model, or --kv-cache-dtype fp8"
        ),
        source="vllm.v1.core.kv_cache_planning.get_kv_cache_configs",
        repair=_shorter(longest),
    )


def _shorter(longest: int) -> Repair | None:
    """Requests of another length are another service: somebody must choose."""
    new = ("--max-model-len", str(longest))
    return Repair(safe=False, options={"--max-model-len": new}) if longest > 0 else None


def remedy(facts: LogFacts, now: VllmArguments) -> Mapping[str, Any]:
    """The length that vLLM estimates in its complaint."""
    del now
    return {"max_model_len": facts.longest} if facts.longest else {}
