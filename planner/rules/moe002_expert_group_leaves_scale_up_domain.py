"""An expert-parallel group spans scale-up domains.

What it checks:
    the ranks that share a layer's experts (TP x DP) lie inside one scale-up domain.
Why:
    every layer sends each token to its experts and back over the network. With RDMA and DeepEP
    kernels that is how large deployments run; without them it is slow.

Example:
    ``-dp 16 -ep`` over two hosts of 8 GPUs.
Fix:
    pipeline stages across hosts, or an RDMA network and ``--all2all-backend
    deepep_low_latency``.
Source in vLLM:
    docs/serving/expert_parallel_deployment
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

CODE = "MOE002"
NAME = "expert-group-leaves-scale-up-domain"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model deepseek-ai/DeepSeek-R1 --gpus 2x8xH200 -tp 1 -dp 16 -ep",)
GOOD = ("--model deepseek-ai/DeepSeek-R1 --gpus 8xH200 -tp 8 -ep",)


def broken(case: Case) -> Bools:
    """Rows whose expert-parallel group spans domains."""
    placement = case.placement
    return case.layouts.ep & placement.moe_leaves_domain & ~placement.too_many & case.has_experts


def explain(case: Case, row: int) -> Explanation:
    """Name the group."""
    ranks = int(case.layouts.ep_size[row])
    return Explanation(
        message=(
            f"{ranks} ranks share the experts, beyond a scale-up domain of "
            f"{case.placement.scale_up_domain} GPUs"
        ),
        cause="each layer sends tokens to their experts and back over the network",
        fix="use pipeline stages across hosts, or RDMA with --all2all-backend deepep_low_latency",
        source="docs/serving/expert_parallel_deployment (vLLM 0.33)",
    )
