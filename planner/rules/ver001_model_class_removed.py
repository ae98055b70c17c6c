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
    all: the registries of 0.6.0 to 0.33.0 were read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.registry import model_classes, served_by_transformers
from planner.vllm.spans import release_name

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
    classes, release = model_classes(), asked.version.release
    named = [str(name) for name in asked.keys.list("architectures")]
    if any(classes.serving(name, release) for name in named):
        return None
    if served_by_transformers(named, release):
        return None
    for name in named:
        entry = classes.ever(name)
        last = entry.served.last_before(release) if entry else None
        if entry is None or last is None:
            continue
        plugin = classes.plugin.get(entry.name)
        return Explanation(
            message=f"vLLM {asked.version.name} does not serve {name} any more: "
            f"{release_name(last)} was the last release",
            cause="the class was removed from vLLM's registry",
            fix=f"use vLLM {release_name(last)}, "
            + (f"or install {plugin} beside vLLM" if plugin else "or another model"),
            source="vllm.model_executor.models.registry",
        )
    return None
