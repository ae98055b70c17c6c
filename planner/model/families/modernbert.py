"""ModernBERT: rotary positions, gated MLPs, a window over two layers of three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.blocks import attention, norm, norms
from planner.model.encoder_frame import HEAD_DTYPE, encoder
from planner.model.labels import labels
from planner.model.modules import Linear, Part, Split
from planner.model.rope import rope_buffer
from planner.model.towers.parts import plain_linear

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

CLASSIFIER = "ModernBertForSequenceClassification"
TOKENS = "ModernBertForTokenClassification"
ARCHITECTURES = ("ModernBertModel", CLASSIFIER, TOKENS)
EXAMPLES: dict[str, int] = {}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 50368,
    "hidden_size": 768,
    "intermediate_size": 1152,
    "num_hidden_layers": 22,
    "num_attention_heads": 12,
    "max_position_embeddings": 8192,
    "global_attn_every_n_layers": 3,
    "global_rope_theta": 160_000.0,
    "local_rope_theta": 10_000.0,
}
"""transformers.ModernBertConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """The first layer has no norm before its attention.

    Source: vllm.model_executor.models.modernbert (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    hidden, bias = keys.int("hidden_size"), keys.flag("norm_bias")
    count = keys.int("num_hidden_layers")
    layers = [_layer(keys, index) for index in range(count)]
    return encoder(
        keys,
        layers,
        tables={"tok_embeddings": keys.int("vocab_size")},
        before=(norm("embeddings.norm", hidden, bias=bias),),
        after=(norm("final_norm", hidden, bias=bias), *_head(keys)),
        layer_prefix="layers",
    )


def _layer(keys: Keys, index: int) -> tuple[Module, ...]:
    hidden, heads = keys.int("hidden_size"), keys.int("num_attention_heads")
    inner, norm_bias = keys.int("intermediate_size"), keys.flag("norm_bias")
    bias, mlp_bias = keys.flag("attention_bias"), keys.flag("mlp_bias")
    kind = _layer_type(keys, index)
    head_dim = hidden // heads
    positions = keys.int("max_position_embeddings")
    names = ("attn_norm", "mlp_norm") if index else ("mlp_norm",)
    return (
        *attention(
            hidden=hidden,
            heads=heads,
            kv_heads=heads,
            head_dim=head_dim,
            qkv_bias=bias,
            out_bias=bias,
            prefix="attn",
            names=("Wqkv", "Wo"),
            matrices=(),
        ),
        Linear(name="mlp.Wi", inputs=hidden, parts=(Part(inner), Part(inner)), bias=mlp_bias),
        Linear(
            name="mlp.Wo",
            inputs=inner,
            parts=(Part(hidden),),
            split=Split.ROW,
            bias=mlp_bias,
        ),
        *norms(hidden, *names, bias=norm_bias),
        rope_buffer(head_dim, positions, {}, f"rotary_emb.{kind}"),
    )


def _layer_type(keys: Keys, index: int) -> str:
    """Each layer's rotary parameters go by its type; both tables are one where they agree."""
    types = keys.list("layer_types")
    full = index % keys.int("global_attn_every_n_layers") == 0
    kind = str(types[index]) if types else "full_attention" if full else "sliding_attention"
    thetas = {
        "full_attention": keys.float("global_rope_theta", default=0.0),
        "sliding_attention": keys.float("local_rope_theta", default=0.0),
    }
    stated = keys.part("rope_parameters")
    used = {stated.part(n).float("rope_theta", default=theta) for n, theta in thetas.items()}
    return "" if len(used) == 1 else kind


def _head(keys: Keys) -> tuple[Module, ...]:
    hidden = keys.int("hidden_size")
    named = keys.list("architectures")
    if CLASSIFIER not in named and TOKENS not in named:
        return ()
    head_dtype = HEAD_DTYPE if CLASSIFIER in named else None
    dense = plain_linear(
        "head.dense", hidden, hidden, bias=keys.flag("classifier_bias"), dtype=head_dtype
    )
    return (
        dense,
        norm("head.norm", hidden, bias=keys.flag("norm_bias"), dtype=head_dtype),
        plain_linear("classifier", hidden, labels(keys), dtype=HEAD_DTYPE),
    )
