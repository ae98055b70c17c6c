"""vLLM refuses the KV cache's format or layout.

What it checks:
    vLLM can plan a KV cache: a backend exists for the format on this board, and the layers'
    caches go together with the parallel sizes.
Why:
    the refusal comes late, when the model is already built.

Example:
    ``--kv-cache-dtype fp8`` on a board below compute capability 8.9 with latent attention.
Fix:
    what the finding names, ``--kv-cache-dtype auto`` as a rule.
Source in vLLM:
    ``vllm.platforms.cuda.CudaPlatformBase.get_attn_backend_cls``: ``No valid attention backend
    found``; ``vllm.v1.core.kv_cache_planning.get_global_kv_cache_groups``
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

CODE = "KVC003"
NAME = "kv-cache-cannot-be-planned"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model deepseek-ai/DeepSeek-V2-Lite --gpus A100 --kv-cache-dtype fp8",)
GOOD = ("--model deepseek-ai/DeepSeek-V2-Lite --gpus H100 --kv-cache-dtype fp8",)
LOG = (
    "not divisible by the maximum page size",
    r"Aligned KV cache block size \d+ is not supported",
)


def broken(case: Case) -> Bools:
    """Rows whose sizes divide the model, and whose cache vLLM refuses."""
    return case.plannable & case.kv.planned.refused


def explain(case: Case, row: int) -> Explanation:
    """Pass on why."""
    refusal = case.kv.refusal(row)
    return Explanation(
        message=refusal.message if refusal else "",
        cause=refusal.cause if refusal else "",
        fix=refusal.fix if refusal else "",
        source="vllm.v1.core.kv_cache_planning.get_global_kv_cache_groups",
    )
