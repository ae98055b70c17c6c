"""vLLM has no class for the model.

What it checks:
    some class named by ``architectures`` is served by vLLM, converted from one that is, or
    brought by transformers.
Why:
    vLLM picks its own implementation by that name. Without one it falls back to transformers'
    implementation, if transformers has it and it takes its attention from outside.

Example:
    a config.json of a research model.
Fix:
    check the name against the original checkpoint; try ``--model-impl transformers``.
Source in vLLM:
    ``vllm.model_executor.models.registry``: ``Model architectures [...] are not supported for
    now``
Versions:
    as the registry of 0.33 lists them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import nearest
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.registry import model_classes, served_by_transformers

if TYPE_CHECKING:
    from planner.rules.base import AskedModel

CODE = "VER002"
NAME = "model-class-unknown"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "model"
BAD = ("--model stepfun-ai/Step-3.7-Flash --gpus 8xH200 -tp 8",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus H100",)
LOG = ("are not supported for now",)


def check(asked: AskedModel) -> Explanation | None:
    """Name the classes, and those most like them."""
    keys = asked.keys
    classes = model_classes()
    named = [str(name) for name in keys.list("architectures")]
    if not named:
        return Explanation(
            message="config.json names no architecture",
            cause="vLLM chooses the model class by the key 'architectures'",
            fix='add "architectures": ["…"], as the original checkpoint has it',
            source="vllm.model_executor.models.registry",
        )
    known = classes.served | classes.removed.keys() | classes.plugin.keys()
    if any(name in known or classes.serves(name) for name in named):
        return None
    if served_by_transformers(named):
        return None
    close = nearest(named[0], classes.served)
    return Explanation(
        message=f"vLLM serves no {' or '.join(named)}",
        cause="its registry has no class of that name",
        fix=f"nearest: {', '.join(close)}" if close else "try --model-impl transformers",
        source="vllm.model_executor.models.registry",
    )
