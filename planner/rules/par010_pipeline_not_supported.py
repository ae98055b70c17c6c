"""The model class has no pipeline parallelism.

What it checks:
    the model's class implements vLLM's ``SupportsPP``.
Why:
    encoders and a few others cannot be cut into stages; vLLM refuses.

Example:
    ``-pp 2`` on a BERT embedding model; on Llama-4 with 0.8.3, one patch too early;
    on AWQ of Mixtral before 0.6.3, which another class builds.
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
from planner.quant.unquantized import UNQUANTIZED
from planner.rules.base import Explanation
from planner.vllm.registry import model_classes
from planner.vllm.spans import judged_by, release_name

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
    """Rows with stages, where the class has none, or the release's class has none yet."""
    missing = not case.architecture.supports_pp or not _in_release(case)
    return (case.layouts.pp > 1) & missing


def explain(case: Case, row: int) -> Explanation:
    """Name the class, and the release that gave it stages."""
    entry = model_classes().ever(_built_by(case))
    first = entry.pipeline.next_after(case.version.release) if entry else None
    later = case.architecture.supports_pp and first is not None
    return Explanation(
        message=(
            f"{case.architecture.name} cannot be cut into "
            f"{int(case.layouts.pp[row])} pipeline stages"
            + (f" by vLLM {case.version.name}" if later else "")
        ),
        cause="its class in vLLM does not implement SupportsPP",
        fix=(f"use vLLM {release_name(first)} or later, " if later and first else "use ")
        + "--tensor-parallel-size, or replicas with --data-parallel-size",
        source="vllm.config.model.ModelConfig.verify_with_parallel_config",
    )


def _in_release(case: Case) -> bool:
    """Whether the release's own class has stages; one that transformers brings does."""
    classes, release = model_classes(), case.version.release
    entry = classes.serving(_built_by(case), release)
    return entry is None or entry.pipeline.holds(judged_by(release, classes.read))


def _built_by(case: Case) -> str:
    """The class that builds the model: of some models another one with quantized weights."""
    name, method = case.architecture.name, case.quantization.method
    plain = case.quantization is UNQUANTIZED or method in case.version.one_class_formats
    return name if plain else case.version.quantized_classes.get(name, name)
