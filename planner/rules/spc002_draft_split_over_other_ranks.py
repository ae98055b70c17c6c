"""The draft model is split over another number of ranks.

What it checks:
    ``draft_tensor_parallel_size`` is 1 or the tensor-parallel size.
Why:
    the drafter runs in the same processes: on one of them, or on all.

Example:
    ``-tp 4`` with ``draft_tensor_parallel_size`` 2.
Fix:
    1, or leave it out.
Source in vLLM:
    ``vllm.config.speculative.SpeculativeConfig._verify_and_get_draft_tp`` (0.33.0)
Versions:
    all with the option; read in 0.33.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.speculation import speculation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "SPC002"
NAME = "draft-split-over-other-ranks"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -tp 4"
        ' --speculative-config \'{"model": "Qwen/Qwen3-0.6B", "num_speculative_tokens":'
        ' 4, "draft_tensor_parallel_size": 2}\''
    ),
)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -tp 4"
        ' --speculative-config \'{"model": "Qwen/Qwen3-0.6B", "num_speculative_tokens":'
        ' 4, "draft_tensor_parallel_size": 1}\''
    ),
)
LOG = ("cannot be other value than 1 or target model",)


def broken(case: Case) -> Bools | bool:
    """Rows of another tensor-parallel size than the drafter's."""
    asked = speculation(case.arguments).get("draft_tensor_parallel_size")
    other: Bools = case.layouts.tp != asked
    return isinstance(asked, int) and asked != 1 and other


def explain(case: Case, row: int) -> Explanation:
    """Name both sizes."""
    asked = speculation(case.arguments).get("draft_tensor_parallel_size")
    return Explanation(
        message=f"a drafter over {asked} ranks beside a model over {int(case.layouts.tp[row])}",
        cause="it runs in the model's processes: on one of them, or on all",
        fix="draft_tensor_parallel_size 1, or leave it out",
        source="vllm.config.speculative.SpeculativeConfig._verify_and_get_draft_tp",
    )
