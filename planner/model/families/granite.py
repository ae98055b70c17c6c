"""Granite: Llama's layers, at times with windows and attention sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import Decoder
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GraniteForCausalLM", "GraniteSWAForCausalLM")
EXAMPLES = {"ibm-granite/granite-3.3-8b-instruct": 8_170_864_640}
DEFAULTS = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
}
"""transformers.GraniteConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.granite (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    bias = keys.flag("attention_bias") or keys.flag("bias")
    sinks = keys.flag("attention_sinks", default=bool(decoder.layer_types))
    attention = decoder.attention(qkv_bias=bias, out_bias=bias)
    if sinks:
        attention += (Weight(name="self_attn.sinks", shape=(decoder.heads,), split_axis=0),)
    mlp = decoder.mlp(bias=keys.flag("mlp_bias"))
    bases = keys.per_layer("layer_rope_theta", decoder.num_layers) or [None] * decoder.num_layers
    return decoder.architecture(
        [
            decoder.layer(
                attention,
                mlp,
                rope=base != 0,
                rope_name="rotary_emb" if base is None else f"rotary_emb.{base}",
                cache=decoder.cache(window, sinks=sinks),
            )
            for window, base in zip(decoder.windows(), bases, strict=True)
        ]
    )
