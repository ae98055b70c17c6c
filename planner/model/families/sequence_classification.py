"""Decoders that classify or score a text: the same layers, a score in place of the head."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.families import gemma2, gemma3, granite, llama, mistral, phi3, qwen2, qwen3
from planner.model.labels import labels
from planner.model.modules import Embedding, Linear, Part, Split

if TYPE_CHECKING:
    from types import ModuleType

    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
from planner.model.modules import Module

_FAMILIES: dict[str, ModuleType] = {
    "Gemma2ForSequenceClassification": gemma2,
    "Gemma3TextForSequenceClassification": gemma3,
    "GraniteForSequenceClassification": granite,
    "LlamaForSequenceClassification": llama,
    "MistralForSequenceClassification": mistral,
    "Phi3ForSequenceClassification": phi3,
    "Qwen2ForSequenceClassification": qwen2,
    "Qwen3ForSequenceClassification": qwen3,
}
ARCHITECTURES = tuple(_FAMILIES)
EXAMPLES = {"Skywork/Skywork-Reward-Llama-3.1-8B-v0.2": 7_504_928_768}


def read(keys: Keys) -> Architecture:
    """The score is float32 and whole on each rank of each stage.

    A tied head is the vocabulary's table, which the last stage keeps.

    Source: vllm.model_executor.models.adapters.as_seq_cls_model (0.33.0)
    """
    family = next(_FAMILIES[name] for name in keys.list("architectures") if name in _FAMILIES)
    built: Architecture = family.read(keys)
    score = Linear(
        name="score",
        inputs=built.hidden_size,
        parts=(Part(labels(keys)),),
        split=Split.REPLICATED,
        dtype="float32",
    )
    return replace(
        built,
        last=built.last if built.tied else _without_head(built.last),
        every=(*_without_head(built.every), score),
        pooling=True,
    )


def _without_head(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    return tuple(m for m in modules if not isinstance(m, Embedding) or m.name != "lm_head")
