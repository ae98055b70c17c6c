"""Falcon: attention and MLP side by side, layer norms with biases, rotary or ALiBi positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp, norm
from planner.model.cache import FullAttention
from planner.model.decoder import LAYER_NORMS, WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("FalconForCausalLM",)
EXAMPLES = {"tiiuae/falcon-7b": 6_921_720_704, "tiiuae/falcon-180B-chat": 178_557_088_768}
DEFAULTS = {
    "vocab_size": 65024,
    "hidden_size": 4544,
    "num_hidden_layers": 32,
    "num_attention_heads": 71,
    "max_position_embeddings": 2048,
    "multi_query": True,
    "parallel_attn": True,
}
"""transformers.FalconConfig (5.19)"""
REFINED_WEB_DEFAULTS = {"multi_query": True, "parallel_attn": False, "n_head_kv": 1}
"""vllm.transformers_utils.configs.falcon.RWConfig (0.33.0)"""
FALCON_40B_WIDTH = 8192
"""RWConfig takes this width for a model of the newer kind"""


def read(keys: Keys) -> Architecture:
    """Multi-query or grouped-query attention and a plain MLP four times as wide.

    Source: vllm.model_executor.models.falcon (0.33.0)
    """
    decoder = Decoder.read(_keys(keys), tied=True)
    keys, hidden = decoder.keys, decoder.hidden
    bias = keys.flag("bias")
    attention = decoder.attention(
        qkv_bias=bias,
        out_bias=bias,
        prefix="self_attention",
        names=("query_key_value", "dense"),
        matrices=(),
    )
    feed_forward = mlp(
        hidden=hidden,
        intermediate=4 * hidden,
        gated=False,
        bias=bias,
        names=("", "dense_h_to_4h", "dense_4h_to_h"),
    )
    layer = decoder.layer(
        attention,
        feed_forward,
        norm_names=_norm_names(keys),
        norm_bias=True,
        rope=not keys.flag("alibi"),
        cache=FullAttention(decoder.kv_heads, decoder.head_dim, decoder.head_dim, model_dtype=True),
    )
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        final_norm=(norm("transformer.ln_f", hidden, bias=True),),
        layer_prefix="transformer.h",
    )


def _keys(keys: Keys) -> Keys:
    refined_web = keys.text("model_type").startswith("RefinedWeb")
    keys = keys.with_defaults(REFINED_WEB_DEFAULTS if refined_web else DEFAULTS)
    hidden = keys.int("hidden_size", "n_embed")
    heads = keys.int("num_attention_heads", "n_head")
    newer = keys.flag("new_decoder_architecture") or (refined_web and hidden == FALCON_40B_WIDTH)
    kv_heads = 1 if keys.flag("multi_query") else heads
    if newer:
        kv_heads = keys.int("num_kv_heads", "n_head_kv", default=heads)
    return keys.replaced(
        {
            "hidden_size": hidden,
            "head_dim": hidden // heads,
            "new_decoder_architecture": newer,
            "num_key_value_heads": kv_heads,
        }
    )


def _norm_names(keys: Keys) -> tuple[str, ...]:
    if not keys.flag("parallel_attn"):
        return LAYER_NORMS
    count = 2 if keys.flag("new_decoder_architecture") else 1
    two = keys.int("num_ln_in_parallel_attn", default=count) == 2  # noqa: PLR2004 - a norm each
    return ("ln_attn", "ln_mlp") if two else ("input_layernorm",)
