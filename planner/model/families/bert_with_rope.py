"""BERT with rotary positions: Nomic Embed, GTE, Snowflake Arctic Embed, Jina Embeddings 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import attention, norm, norms, router
from planner.model.context import derived_max_model_len
from planner.model.encoder_frame import HEAD_DTYPE, encoder
from planner.model.labels import labels
from planner.model.modules import Linear, Part, Split, Weight
from planner.model.rope import rope_buffer
from planner.model.towers.parts import plain_linear
from planner.units import round_up

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Buffer, Module

NOMIC, CLASSIFIER = "NomicBertModel", "GteNewForSequenceClassification"
ARCHITECTURES = (NOMIC, "GteModel", "GteNewModel", CLASSIFIER)
EXAMPLES: dict[str, int] = {}
NOMIC_POSITIONS = 2048
"""``max_position_embeddings`` of transformers.NomicBertConfig (5.19)"""
TYPES = {"type_vocab_size": 2}
_ROWS_MULTIPLE = 8
"""to which vLLM rounds the rotary table of Jina's models"""


def read(keys: Keys) -> Architecture:
    """Norms after each block; GTE's MLP has a bias behind it only.

    Source: vllm.model_executor.models.bert_with_rope,
    vllm.model_executor.models.config.NomicBertModelConfig, .GteNewModelConfig (0.33.0)
    """
    named = keys.list("architectures")
    if NOMIC in named:
        return _nomic(keys.with_defaults(TYPES))
    keys = keys.with_defaults(TYPES)
    rope = _rope(keys, keys.int("max_position_embeddings"))
    hidden = keys.int("hidden_size")
    score = (
        plain_linear("pooler.dense", hidden, hidden, dtype=HEAD_DTYPE),
        plain_linear("classifier", hidden, labels(keys), dtype=HEAD_DTYPE),
    )
    return _built(
        keys,
        _dense(keys, gated=True, up_bias=False),
        rope,
        after=score if CLASSIFIER in named else (),
    )


def jina(keys: Keys) -> Architecture:
    """XLM-RoBERTa with ``position_embedding_type: rotary``: a plain MLP.

    Source: vllm.model_executor.models.config.JinaRobertaModelConfig (0.33.0)
    """
    rows = round_up(keys.int("max_position_embeddings"), _ROWS_MULTIPLE)
    return _built(keys, _dense(keys, gated=False), _rope(keys, rows))


def _nomic(keys: Keys) -> Architecture:
    """The configuration goes by GPT-2's names; some layers have experts instead of an MLP."""
    keys = keys.replaced(
        {
            "hidden_size": keys.int("n_embd", "hidden_size"),
            "intermediate_size": keys.int("n_inner", "intermediate_size"),
            "num_hidden_layers": keys.int("n_layer", "num_hidden_layers"),
            "num_attention_heads": keys.int("n_head", "num_attention_heads"),
            "max_position_embeddings": keys.int("max_position_embeddings", default=NOMIC_POSITIONS),
        }
    )
    bias = keys.flag("qkv_proj_bias", default=True)
    gated = keys.text("activation_function") == "swiglu"
    rope = rope_buffer(_head_dim(keys), derived_max_model_len(keys)[0], {})
    return _built(keys, _dense(keys, gated=gated, bias=bias), rope, bias=bias)


def _built(
    keys: Keys,
    dense: tuple[Module, ...],
    rope: Buffer,
    *,
    bias: bool = True,
    after: tuple[Module, ...] = (),
) -> Architecture:
    hidden, heads = keys.int("hidden_size"), keys.int("num_attention_heads")
    every = keys.int("moe_every_n_layers", default=0)
    frame = (
        *attention(
            hidden=hidden,
            heads=heads,
            kv_heads=heads,
            head_dim=_head_dim(keys),
            qkv_bias=bias,
            out_bias=bias,
            prefix="attn",
            names=("qkv_proj", "out_proj"),
        ),
        *norms(hidden, "attn_ln", "mlp_ln", bias=True),
        rope,
    )
    sparse = _experts(keys) if every else ()
    tables = {
        "word_embeddings": keys.int("vocab_size"),
        "token_type_embeddings": keys.int("type_vocab_size"),
    }
    return encoder(
        keys,
        [
            (*frame, *(sparse if every and index % every == 1 else dense))
            for index in range(keys.int("num_hidden_layers"))
        ],
        tables={name: rows for name, rows in tables.items() if rows},
        before=(norm("embeddings.LayerNorm", hidden, bias=True),),
        after=after,
        layer_prefix="encoder.layers",
    )


def _dense(
    keys: Keys, *, gated: bool, bias: bool = True, up_bias: bool | None = None
) -> tuple[Module, ...]:
    hidden, inner = keys.int("hidden_size"), Part(keys.int("intermediate_size"))
    up = Linear(
        name="mlp.gate_up_proj" if gated else "mlp.up_proj",
        inputs=hidden,
        parts=(inner, inner) if gated else (inner,),
        bias=bias if up_bias is None else up_bias,
    )
    down = Linear(
        name="mlp.down_proj",
        inputs=inner.rows,
        parts=(Part(hidden),),
        split=Split.ROW,
        bias=bias,
    )
    return up, down


def _experts(keys: Keys) -> tuple[Module, ...]:
    """Plain experts, each divided; one bias for all, on each rank."""
    hidden, inner = keys.int("hidden_size"), keys.int("intermediate_size")
    count = keys.int("num_experts")
    return (
        router(hidden, count, "mlp.router"),
        Weight(name="mlp.w1", shape=(count, inner, hidden), split_axis=1),
        Weight(name="mlp.w2", shape=(count, hidden, inner), split_axis=2),
        Weight(name="mlp.bias", shape=(hidden,)),
    )


def _rope(keys: Keys, positions: int) -> Buffer:
    rotary = keys.int("rotary_emb_dim", default=_head_dim(keys))
    return rope_buffer(rotary, positions, {})


def _head_dim(keys: Keys) -> int:
    return keys.int("hidden_size") // keys.int("num_attention_heads")
