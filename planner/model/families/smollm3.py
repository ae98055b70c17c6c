"""SmolLM3: Llama's layers, each fourth without rotary positions; a tied head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("SmolLM3ForCausalLM",)
EXAMPLES = {"HuggingFaceTB/SmolLM3-3B": 3_075_098_624}
DEFAULTS = {
    "vocab_size": 128256,
    "hidden_size": 2048,
    "intermediate_size": 11008,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32768,
}
"""transformers.SmolLM3Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: transformers.models.smollm3.modeling_smollm3 (5.19) through vLLM's backend
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True)
    keys = decoder.keys
    bias = keys.flag("attention_bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias)
    mlp = decoder.mlp(bias=keys.flag("mlp_bias"))
    layers = transformers_backend.layers(decoder, attention, mlp)
    return transformers_backend.architecture(decoder, layers)
