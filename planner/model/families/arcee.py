"""Arcee: Llama's attention, an MLP without a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("ArceeForCausalLM",)
EXAMPLES = {"arcee-ai/AFM-4.5B": 4_619_189_760}
DEFAULTS = {
    "vocab_size": 32000,
    "hidden_size": 2560,
    "intermediate_size": 18432,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 4096,
}
"""transformers.ArceeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a plain MLP.

    Source: transformers.models.arcee.modeling_arcee (5.19) through vLLM's backend
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    bias = keys.flag("attention_bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias)
    mlp = decoder.mlp(gated=False, bias=keys.flag("mlp_bias"))
    layers = transformers_backend.layers(decoder, attention, mlp)
    return transformers_backend.architecture(decoder, layers)
