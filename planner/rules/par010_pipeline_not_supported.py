"""The model class has no pipeline parallelism.

What it checks:
    the model's class implements vLLM's ``SupportsPP``.
Why:
    encoders and a few others cannot be cut into stages; vLLM refuses.

Example:
    ``-pp 2`` on a BERT embedding model.
Fix:
    use tensor parallelism, or replicas.
Source in vLLM:
    ``vllm.config.model.ModelConfig.verify_with_parallel_config``: ``Pipeline parallelism is not
    supported for this model``
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

CODE = "PAR010"
NAME = "pipeline-not-supported"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = ("--model BAAI/bge-m3 --gpus 2xL4 -pp 2",)
GOOD = ("--model BAAI/bge-m3 --gpus 2xL4 -dp 2",)
LOG = (
    "Pipeline parallelism is not supported for this model",
    "does not support [Pp]ipeline parallelism",
)


def broken(case: Case) -> Bools:
    """Rows with stages, where the class has none."""
    return (case.layouts.pp > 1) & (not case.architecture.supports_pp)


def explain(case: Case, row: int) -> Explanation:
    """Name the class."""
    return Explanation(
        message=(
            f"{case.architecture.name} cannot be cut into "
            f"{int(case.layouts.pp[row])} pipeline stages"
        ),
        cause="its class in vLLM does not implement SupportsPP",
        fix="use --tensor-parallel-size, or replicas with --data-parallel-size",
        source="vllm.config.model.ModelConfig.verify_with_parallel_config",
    )
