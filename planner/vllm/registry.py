"""Which model classes vLLM serves, which it gave up, and which others bring."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from planner.frozen import frozen

_FOLDER = Path(__file__).parent / "model_classes"
_TRANSFORMERS = Path(__file__).parent / "transformers_classes.toml"
_SUFFIXES = (
    "ForCausalLM",
    "ForConditionalGeneration",
    "ChatModel",
    "LMHeadModel",
    "ForTextEncoding",
    "EmbeddingModel",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForAudioClassification",
    "ForImageClassification",
    "ForVideoClassification",
    "ClassificationModel",
    "ForRewardModeling",
    "RewardModel",
    "Model",
)
"""endings that stand for a task (vllm.config.model._SUFFIX_TO_DEFAULTS, 0.33.0)"""


@frozen
class ModelClasses:
    """The registry of one release."""

    served: frozenset[str]
    removed: dict[str, str]
    """class -> the last release that served it"""
    plugin: dict[str, str]
    """class -> where its plug-in is"""

    def serves(self, name: str) -> bool:
        """Whether vLLM has the class, or one of the same model that it converts.

        A class for another task (``LlamaForSequenceClassification``) is made from the one that
        generates.
        Source: vllm.model_executor.models.registry._ModelRegistry._normalize_arch (0.33.0)
        """
        suffix = next((ending for ending in _SUFFIXES if name.endswith(ending)), "")
        others = [name.replace(suffix, other) for other in _SUFFIXES] if suffix else []
        return not self.served.isdisjoint((name, *others))


@frozen
class TransformersClasses:
    """Classes of transformers that vLLM's Transformers backend takes where it has none itself.

    ``unreadable_scale`` has the expression of the softmax scale of those whose attention vLLM
    cannot read, and refuses.
    """

    compatible: frozenset[str]
    unreadable_scale: dict[str, str]


@cache
def model_classes() -> ModelClasses:
    """The registry of the newest release that is recorded.

    Source: vllm.model_executor.models.registry (0.33.0)
    """
    newest = max(_FOLDER.glob("*.toml"), key=lambda p: tuple(map(int, p.stem.split("."))))
    data = tomllib.loads(newest.read_text(encoding="utf-8"))
    return ModelClasses(
        served=frozenset(data["served"].split()), removed=data["removed"], plugin=data["plugin"]
    )


@cache
def transformers_classes() -> TransformersClasses:
    """What the newest recorded release of transformers brings.

    Source: vllm.model_executor.models.registry._ModelRegistry._try_resolve_transformers (0.33.0)
    """
    data = tomllib.loads(_TRANSFORMERS.read_text(encoding="utf-8"))
    return TransformersClasses(
        compatible=frozenset(data["compatible"]), unreadable_scale=data["unreadable_scale"]
    )


def served_by_transformers(names: list[str]) -> bool:
    """Whether a model falls to the Transformers backend: the first class named decides.

    vLLM tries that before it says that a class was removed.
    """
    classes = model_classes()
    if not names or any(classes.serves(name) for name in names):
        return False
    return names[0] in transformers_classes().compatible
