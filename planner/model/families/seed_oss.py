"""Seed-OSS: Llama's layers with biases on query, key and value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("SeedOssForCausalLM",)
EXAMPLES = {"ByteDance-Seed/Seed-OSS-36B-Instruct": 36_151_104_512}
DEFAULTS = {
    "vocab_size": 155136,
    "hidden_size": 4096,
    "intermediate_size": 27648,
    "num_hidden_layers": 64,
    "num_attention_heads": 80,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 524288,
}
"""transformers.SeedOssConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: transformers.models.seed_oss.modeling_seed_oss (5.19) through vLLM's backend
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    attention = decoder.attention(
        qkv_bias=keys.flag("attention_bias", default=True),
        out_bias=keys.flag("attention_out_bias"),
    )
    mlp = decoder.mlp(bias=keys.flag("mlp_bias"))
    layers = transformers_backend.layers(decoder, attention, mlp)
    return transformers_backend.architecture(decoder, layers)
