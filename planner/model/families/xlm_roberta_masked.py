"""XLM-RoBERTa with its language-model head, which vLLM runs through transformers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.families import bert
from planner.model.modules import Buffer, Embedding, Linear, Split, Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("XLMRobertaForMaskedLM",)
EXAMPLES = {"FacebookAI/xlm-roberta-large": 559_890_432}


def read(keys: Keys) -> Architecture:
    """The model has no plan: of what it holds, only some is divided.

    Query, key and value are, and the tables of words and types.

    Source: transformers.models.xlm_roberta.modeling_xlm_roberta (5.19) through vLLM's backend
    """
    keys = keys.with_defaults(bert.DEFAULTS)
    hidden = keys.int("hidden_size")
    built = bert.encoder(keys, ())
    layers = {
        layer: replace(layer, modules=tuple(map(_undivided, layer.modules)))
        for layer in set(built.layers)
    }
    first = (
        *(_undivided_table(module) for module in built.first),
        Weight(name="pooler.dense", shape=(hidden, hidden + 1)),
        Buffer(
            name="embeddings.token_type_ids",
            elements=keys.int("max_position_embeddings"),
            dtype="int64",
        ),
    )
    return replace(
        built,
        layers=tuple(layers[layer] for layer in built.layers),
        first=first,
        tied=True,
        pooling=False,
    )


def _undivided(module: Module) -> Module:
    if isinstance(module, Linear) and not module.name.endswith("qkv_proj"):
        return replace(module, split=Split.REPLICATED)
    return module


def _undivided_table(module: Module) -> Module:
    if isinstance(module, Embedding) and module.name.endswith("position_embeddings"):
        return Weight(name=module.name, shape=(module.vocab_size, module.hidden))
    return module
