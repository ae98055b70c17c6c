"""vLLM has no class for the model.

What it checks:
    some class named by ``architectures`` is served by vLLM, converted from one that is, or
    brought by transformers or by the checkpoint's own code (``auto_map``).
Why:
    vLLM picks its own implementation by that name. Without one it falls back to transformers'
    implementation, if transformers has it and it takes its attention from outside.

Example:
    a config.json of a research model; ``Qwen3ForCausalLM`` before 0.8.4.
Fix:
    the first release that has the class. Where none has, and the layers are another class's under
    a new name: that class, by ``--hf-overrides``. Otherwise a plug-in that registers it.
Source in vLLM:
    ``vllm.model_executor.models.registry``: ``Model architectures [...] are not supported for
    now``
Versions:
    all: the registries of 0.6.0 to 0.33.0 were read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.finding import Origin, Severity
from planner.model.from_keys.read import read_from_keys
from planner.rules.base import Explanation
from planner.vllm.registry import model_classes, served_by_transformers
from planner.vllm.spans import release_name

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.rules.base import AskedModel

CODE = "VER002"
NAME = "model-class-unknown"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "model"
BAD = (
    "--model stepfun-ai/Step-3.7-Flash --gpus 8xH200 -tp 8",
    "--model Qwen/Qwen3-8B --gpus H100 --vllm-version 0.8.3",
)
GOOD = (
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus H100",
    "--model Qwen/Qwen3-8B --gpus H100 --vllm-version 0.8",
)
LOG = ("are not supported for now",)


def check(asked: AskedModel) -> Explanation | None:
    """Name the first release that has a class, or those most like it."""
    classes, release = model_classes(), asked.version.release
    named = [str(name) for name in asked.keys.list("architectures")]
    if not named:
        return Explanation(
            message="config.json names no architecture",
            cause="vLLM chooses the model class by the key 'architectures'",
            fix='add "architectures": ["…"], as the original checkpoint has it',
            source="vllm.model_executor.models.registry",
        )
    if any(classes.serving(name, release) for name in named):
        return None
    if served_by_transformers(named, release):
        return None
    entry = next((entry for name in named if (entry := classes.ever(name))), None)
    if entry is None:
        return None if _brings_code(asked.keys) else _unheard_of(asked.keys, named[0])
    first = entry.served.next_after(release)
    if first is None:
        return None  # removed: another rule's
    return Explanation(
        message=f"vLLM {asked.version.name} does not serve {entry.name}: "
        f"it came with {release_name(first)}",
        cause="the registry of that release has no class of that name",
        fix=f"use vLLM {release_name(first)} or later",
        source="vllm.model_executor.models.registry",
    )


def _brings_code(keys: Keys) -> bool:
    """Whether vLLM may run the checkpoint's own code, through its Transformers backend."""
    brought = any(name.startswith("AutoModel") for name in keys.part("auto_map").mapping)
    return brought or keys.flag("has_remote_code")


def _unheard_of(keys: Keys, name: str) -> Explanation:
    try:
        like = read_from_keys(keys.mapping, name).read_like
    except InvalidInputError:
        fix = "check the name against the original checkpoint; a plug-in may bring the class"
    else:
        fix = f"""if its layers are those of a {like}, as its keys are: --hf-overrides \
'{{"architectures": ["{like}"]}}'; else a plug-in, or a later vLLM, that has the class"""
    return Explanation(
        message=f"vLLM serves no {name}",
        cause="its registry has no class of that name, transformers neither",
        fix=fix,
        source="vllm.model_executor.models.registry",
    )
