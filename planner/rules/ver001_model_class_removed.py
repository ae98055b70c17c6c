"""vLLM no longer serves the model's class.

What it checks:
    the class named by ``architectures`` is served by this version of vLLM.
Why:
    classes are removed when their models fall out of use; vLLM refuses them by name, and says
    which release was the last. One that transformers has too may still run through vLLM's
    Transformers backend, and is not refused.

Example:
    ``MiniMaxText01ForCausalLM``, served until 0.23.0.
Fix:
    the last release that served it, its plug-in where there is one, or another model.
Source in vLLM:
    ``vllm.model_executor.models.registry``: ``Model architecture X was supported in vLLM until
    vY, and is not supported anymore``
Versions:
    as the registry of 0.33 lists them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.registry import model_classes, served_by_transformers
from planner.vllm.version import version_number

if TYPE_CHECKING:
    from planner.rules.base import AskedModel

CODE = "VER001"
NAME = "model-class-removed"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "model"
BAD = ("--model MiniMaxAI/MiniMax-Text-01 --gpus 8xH200 -tp 8",)
GOOD = ("--model MiniMaxAI/MiniMax-M2 --gpus 8xH200 -tp 8 -ep",)
LOG = ("was supported in vLLM until",)


def check(asked: AskedModel) -> Explanation | None:
    """Name the class and the last release that served it."""
    keys = asked.keys
    classes = model_classes()
    named = [str(name) for name in keys.list("architectures")]
    if any(classes.serves(name) for name in named) or served_by_transformers(named):
        return None
    for name in named:
        last = classes.removed.get(name)
        if last is not None and asked.version.number > version_number(last):
            return Explanation(
                message=f"vLLM does not serve {name} any more: {last} was the last release",
                cause="the class was removed from vLLM's registry",
                fix=f"use vLLM {last}, or another model",
                source="vllm.model_executor.models.registry",
            )
        if name in classes.plugin:
            return Explanation(
                message=f"vLLM serves {name} through a plug-in only",
                cause="the class was moved out of vLLM",
                fix=f"install {classes.plugin[name]} beside vLLM",
                source="vllm.model_executor.models.registry",
            )
    return None
