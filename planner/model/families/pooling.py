"""Models of vLLM's own that score or embed: reward models, bidirectional Llama, ColBERT, SPLADE."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.cache import EncoderOnly
from planner.model.encoder_frame import HEAD_DTYPE
from planner.model.families import bert, gpt2, jamba, llama, modernbert, qwen2
from planner.model.labels import labels
from planner.model.modules import Embedding
from planner.model.towers.parts import column, plain_linear, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """Their heads are float32, and on each stage.

    Source: vllm.model_executor.models.qwen2_rm, .llama, .gpt2, .jamba, .bert, .roberta,
    .colbert (0.33.0)
    """
    name = next(str(each) for each in keys.list("architectures") if each in _READERS)
    return _READERS[name](keys)


def _reward(keys: Keys, outputs: int) -> Architecture:
    built = qwen2.read(keys)
    hidden = built.hidden_size
    scores: tuple[Module, ...] = (
        replace(column("score.0", hidden, hidden, quantized=False), dtype=HEAD_DTYPE),
        replace(row("score.2", hidden, outputs, quantized=False), dtype=HEAD_DTYPE),
    )
    return replace(_headless(built), every=(*_headless(built).every, *scores))


def _bidirectional(keys: Keys) -> Architecture:
    """Every token sees every other, so that nothing is kept."""
    built = _headless(llama.read(keys))
    cache = EncoderOnly(kv_heads=built.num_kv_heads, head_size=built.head_dim)
    layers = tuple(replace(layer, caches=(cache,)) for layer in built.layers)
    return replace(built, layers=layers)


def _scored(built: Architecture, keys: Keys) -> Architecture:
    score = plain_linear("score", built.hidden_size, labels(keys), bias=False, dtype=HEAD_DTYPE)
    return replace(built, every=(*built.every, score), pooling=True)


def _gpt2(keys: Keys) -> Architecture:
    return replace(_scored(_headless(gpt2.read(keys)), keys), supports_pp=False)


def _splade(keys: Keys) -> Architecture:
    return bert.read(keys.replaced({"architectures": ["BertForMaskedLM"]}))


def _bge_m3(keys: Keys) -> Architecture:
    built = bert.read(keys.replaced({"architectures": ["XLMRobertaModel"]}))
    hidden = built.hidden_size
    after = (
        plain_linear("sparse_linear", hidden, 1, dtype=HEAD_DTYPE),
        plain_linear("colbert_linear", hidden, hidden, dtype=HEAD_DTYPE),
    )
    return replace(built, last=(*built.last, *after))


def _colbert(keys: Keys) -> Architecture:
    """A file that states no size leaves it to the checkpoint, when it is loaded."""
    built = modernbert.read(keys)
    size = keys.optional_int("colbert_dim", "dim", "projection_dim")
    if size is None:
        return built
    after = plain_linear("colbert_linear", built.hidden_size, size, bias=False, dtype=HEAD_DTYPE)
    return replace(built, last=(*built.last, after))


def _headless(built: Architecture) -> Architecture:
    """Without the output head, which a tied one is not either."""
    return replace(
        built,
        last=_without_head(built.last),
        every=_without_head(built.every),
        pooling=True,
    )


def _without_head(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    return tuple(m for m in modules if not isinstance(m, Embedding) or m.name != "lm_head")


_READERS: dict[str, Callable[[Keys], Architecture]] = {
    "BertSpladeSparseEmbeddingModel": _splade,
    "BgeM3EmbeddingModel": _bge_m3,
    "ColBERTModernBertModel": _colbert,
    "GPT2ForSequenceClassification": _gpt2,
    "JambaForSequenceClassification": lambda keys: _scored(jamba.read(keys), keys),
    "LlamaBidirectionalForSequenceClassification": lambda keys: _scored(_bidirectional(keys), keys),
    "LlamaBidirectionalModel": _bidirectional,
    "Qwen2ForProcessRewardModel": lambda keys: _reward(keys, 2),
    "Qwen2ForRewardModel": lambda keys: _reward(keys, 1),
}
ARCHITECTURES = tuple(_READERS)
