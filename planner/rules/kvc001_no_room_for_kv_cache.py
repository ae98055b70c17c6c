"""No room is left for the KV cache.

What it checks:
    budget - weights - activation peak - CUDA graphs - non-torch memory is above zero on every
    stage.
Why:
    vLLM sizes the cache by what is left, and stops when nothing is.

Example:
    weights that fill the budget to the last GiB.
Fix:
    more GPUs, a quantized model, a smaller ``--max-num-batched-tokens`` or ``--max-num-seqs``,
    ``--enforce-eager``.
Source in vLLM:
    ``vllm.v1.core.kv_cache_utils``: ``No available memory for the cache blocks``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.units import gib_text
from planner.vllm.batch_defaults import smaller_batch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.units import Bools
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.log.figures import LogFacts

CODE = "KVC001"
NAME = "no-room-for-kv-cache"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus A10G --gpu-memory-utilization 0.65",)
GOOD = ("--model Qwen/Qwen2.5-7B-Instruct --gpus A10G --max-model-len 8192",)
LOG = ("No available memory for the cache blocks",)


def broken(case: Case) -> Bools:
    """Rows whose weights fit and leave nothing on some stage."""
    weights_fit = (case.budget.weights_bytes <= case.budget.budget_bytes).all(axis=1)
    return case.plannable & weights_fit & (case.kv_cache_bytes.mid <= 0)


def explain(case: Case, row: int) -> Explanation:
    """Name the terms of the fullest stage."""
    budget = case.budget
    stage = int(case.tightest_stage[row])
    short = -int(budget.kv_cache.mid[row, stage])
    terms = {
        "weights": budget.weights_bytes,
        "activation": budget.activation.mid,
        "graphs": budget.graphs.mid,
        "non-torch": budget.non_torch.mid,
    }
    listed = ", ".join(f"{n} {gib_text(int(t[row, stage]), 2)}" for n, t in terms.items())
    return Explanation(
        message=f"nothing is left for the KV cache: {gib_text(short, 2)} short",
        cause=f"of {gib_text(budget.budget_bytes, 2)} on stage {stage}: {listed}",
        fix="use more GPUs, a quantized model, or a smaller --max-num-batched-tokens",
        source="vllm.v1.core.kv_cache_planning.get_kv_cache_configs",
    )


def remedy(facts: LogFacts, now: VllmArguments) -> Mapping[str, Any]:
    """Half the batch: its temporaries are all that an option can take back."""
    del now
    return smaller_batch(facts.arguments.max_num_batched_tokens)
