"""Which model classes vLLM serves, which it gave up, and which others bring."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.vllm.spans import ReleaseNumber, Spans, judged_by, release_number

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLASSES = Path(__file__).parent / "model_classes.toml"
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
class ModelClass:
    """One class, and the releases that serve it, cut it into stages, and give it adapters."""

    name: str
    served: Spans = Spans()
    pipeline: Spans = Spans()
    lora: Spans = Spans()


@frozen
class ModelClasses:
    """The classes of all releases that were read."""

    read: tuple[ReleaseNumber, ...]
    lines: Mapping[str, str]
    """class -> its line; parsed when it is asked for: an answer needs one of hundreds"""
    plugin: Mapping[str, str]
    """class -> where its plug-in is"""

    def find(self, name: str) -> ModelClass | None:
        """A class by its own name, from a line ``GPTNeoXForCausalLM 0.6.0 pp=0.6.3 lora``."""
        if name not in self.lines:
            return None
        _, served, *traits = self.lines[name].split()
        spans = {label: given or served for label, _, given in (t.partition("=") for t in traits)}
        return ModelClass(
            name=name,
            served=Spans.of(served),
            pipeline=Spans.of(spans.get("pp", "")),
            lora=Spans.of(spans.get("lora", "")),
        )

    def serving(self, name: str, release: ReleaseNumber) -> ModelClass | None:
        """The class that a release serves a model with, by the name in config.json.

        A class for another task (``LlamaForSequenceClassification``) is made from the one that
        generates. None where the release has neither.
        Source: vllm.model_executor.models.registry._ModelRegistry._normalize_arch (0.33.0)
        """
        judged = judged_by(release, self.read)
        found = (self.find(like) for like in _alike(name))
        return next((entry for entry in found if entry and entry.served.holds(judged)), None)

    def ever(self, name: str) -> ModelClass | None:
        """The class in any release, or the one it is made from."""
        return next((entry for like in _alike(name) if (entry := self.find(like))), None)

    def names(self, release: ReleaseNumber) -> list[str]:
        """What a release serves."""
        judged = judged_by(release, self.read)
        entries = (self.find(name) for name in self.lines)
        return [entry.name for entry in entries if entry and entry.served.holds(judged)]


def _alike(name: str) -> list[str]:
    suffix = next((ending for ending in _SUFFIXES if name.endswith(ending)), "")
    return [name, *(name.replace(suffix, other) for other in _SUFFIXES if suffix)]


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
    """The registries of all releases.

    Source: vllm.model_executor.models.registry (0.6.0 to 0.33.0)
    """
    return read_classes(_CLASSES.read_text(encoding="utf-8"))


def read_classes(text: str) -> ModelClasses:
    """The table from its file's text."""
    data = tomllib.loads(text)
    return ModelClasses(
        read=tuple(map(release_number, data.get("read", "").split())),
        lines={line.split(maxsplit=1)[0]: line for line in data.get("classes", "").splitlines()},
        plugin=data.get("plugin", {}),
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


def served_by_transformers(names: list[str], release: ReleaseNumber) -> bool:
    """Whether a model falls to the Transformers backend: the first class named decides.

    vLLM tries that before it says that a class was removed. A class that came to vLLM only later
    is no such case: which release of transformers was installed beside decides there.
    """
    classes = model_classes()
    if not names or any(classes.serving(name, release) for name in names):
        return False
    entry = classes.ever(names[0])
    later = entry is not None and entry.served.next_after(release) is not None
    return names[0] in transformers_classes().compatible and not later
