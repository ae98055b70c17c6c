"""The Transformers backend cannot read the model's softmax scale.

What it checks:
    a class that vLLM does not have itself, and takes from transformers, hands its attention a
    scale that vLLM can read: a literal, or an attribute of the module.
Why:
    vLLM puts its own attention in the place of transformers', and reads the scale off the
    source of the module. An expression it does not compute, and refuses.

Example:
    ``ModernBertForMaskedLM``: ``self.head_dim ** (-0.5)``.
Fix:
    a class of the model that vLLM has itself, where there is one (embedding, classification).
Source in vLLM:
    ``vllm.model_executor.models.transformers.fusers.attention.AttentionFuser.scale``: ``Cannot
    resolve attention scaling expression``
Versions:
    0.33, with transformers 5.19
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.registry import served_by_transformers, transformers_classes

if TYPE_CHECKING:
    from planner.rules.base import AskedModel

CODE = "VER004"
NAME = "attention-scale-unreadable"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "model"
BAD = ("--model answerdotai/ModernBERT-base --gpus L4",)
GOOD = ("--model BAAI/bge-m3 --gpus L4",)


def check(asked: AskedModel) -> Explanation | None:
    """Name the class and the expression."""
    keys = asked.keys
    named = [str(name) for name in keys.list("architectures")]
    if not served_by_transformers(named, asked.version.release):
        return None
    expression = transformers_classes().unreadable_scale.get(named[0])
    if expression is None:
        return None
    return Explanation(
        message=f"vLLM cannot read the softmax scale of {named[0]}: {expression}",
        cause="it has no class of its own for the model, and reads a literal or an attribute only",
        fix="use a class of the model that vLLM has itself, or an older release of transformers",
        source="vllm.model_executor.models.transformers.fusers.attention.AttentionFuser.scale",
    )
