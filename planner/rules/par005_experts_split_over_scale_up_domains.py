"""Expert tensors are split over several scale-up domains.

What it checks:
    without expert parallelism the tensor group of a mixture of experts, TP x DP ranks, lies
    inside one scale-up domain.
Why:
    the data-parallel ranks of such a model join the tensor group of its experts, so each
    layer's experts are all-reduced over all of them: the same fault as a tensor-parallel size
    over several hosts, less visible.

Example:
    ``-tp 8 -dp 2`` over two hosts of 8 GPUs.
Fix:
    pipeline stages across hosts, or ``--enable-expert-parallel``, which moves tokens rather
    than sums.
Source in vLLM:
    ``vllm.model_executor.layers.fused_moe.config.FusedMoEParallelConfig.make``
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

CODE = "PAR005"
NAME = "experts-split-over-scale-up-domains"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200 -tp 8 -dp 2",)
GOOD = (
    "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200 -tp 8 -dp 2 -ep",
    "--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200 -tp 8 -pp 2",
)


def broken(case: Case) -> Bools:
    """Rows whose experts' tensors span domains through data parallelism."""
    layouts, placement = case.layouts, case.placement
    spread = placement.moe_leaves_domain & (layouts.dp > 1) & ~layouts.ep
    return spread & case.has_experts


def explain(case: Case, row: int) -> Explanation:
    """Name the group and the two ways out."""
    layout = case.layouts.row(row)
    tp, dp = int(layout.tp[0]), int(layout.dp[0])
    return Explanation(
        message=(
            f"expert tensors are split over TP x DP = {tp} x {dp} = {tp * dp} GPUs, "
            f"beyond a scale-up domain of {case.placement.scale_up_domain}"
        ),
        cause="without expert parallelism data-parallel ranks join the experts' tensor group",
        fix=(
            f"use --pipeline-parallel-size {dp} instead of --data-parallel-size {dp}, "
            "add --enable-expert-parallel, or allow it: --allow PAR005"
        ),
        source="vllm.model_executor.layers.fused_moe.config.FusedMoEParallelConfig.make",
    )
