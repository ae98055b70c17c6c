"""A weight matrix does not divide by the tensor-parallel size.

What it checks:
    every split matrix (feed-forward, attention, padded vocabulary, experts) has a multiple of
    the ranks in the dimension that is split.
Why:
    vLLM builds no uneven shards: ``x is not divisible by y`` when the model is built, after
    minutes of start-up.

Example:
    ``-tp 5`` on a vocabulary padded to 100,352 rows.
Fix:
    take a tensor-parallel size that divides all of them, powers of two as a rule.
Source in vLLM:
    ``vllm.distributed.utils.divide``, ``vllm.model_executor.layers.vocab_parallel_embedding``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "PAR004"
NAME = "features-do-not-divide"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model microsoft/phi-4 --gpus 5xH100 -tp 5",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 4xH100 -tp 4",)
LOG = (r"^AssertionError: \d+ is not divisible by \d+",)


def broken(case: Case) -> Bools:
    """Rows that some split matrix does not divide by, though the heads do."""
    return ~case.features_divide & case.heads_divide


def explain(case: Case, row: int) -> Explanation:
    """Name the matrices that do not divide."""
    layout = case.layouts.row(row)
    tp, dp = int(layout.tp[0]), int(layout.dp[0])
    parts = [f"{size:,} ({name})" for name, size in case.uneven_features(row)]
    experts = dp > 1 and not layout.ep[0] and case.has_experts
    by = f"TP x DP = {tp} x {dp} = {tp * dp}" if experts else f"tensor parallel size {tp}"
    return Explanation(
        message=f"not divisible by {by}: {', '.join(parts[:3])}",
        cause=(
            "without expert parallelism the experts' tensors are split over TP x DP ranks"
            if experts
            else "each rank holds an equal share of every split matrix"
        ),
        fix=(
            "add --enable-expert-parallel, or use fewer data-parallel ranks"
            if experts
            else "use a tensor-parallel size that divides them, and pipeline stages for the rest"
        ),
        source="vllm.distributed.utils.divide",
    )
