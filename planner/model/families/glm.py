"""GLM-4 9B in transformers' form: half of each head rotated, gate and up merged on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.blocks import mlp
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GlmForCausalLM",)
EXAMPLES = {"zai-org/glm-4-9b-chat-hf": 9_399_951_360}
DEFAULTS = {
    "vocab_size": 151552,
    "hidden_size": 4096,
    "intermediate_size": 13696,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "max_position_embeddings": 131072,
    "partial_rotary_factor": 0.5,
}
"""transformers.GlmConfig and Glm4Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with biases and a gated MLP.

    Source: transformers.models.glm.modeling_glm (5.19) through vLLM's backend
    """
    decoder = Decoder.read(keys, DEFAULTS)
    attention = decoder.attention(qkv_bias=decoder.keys.flag("attention_bias", default=True))
    feed_forward = mlp(
        hidden=decoder.hidden, intermediate=decoder.intermediate, merged_name="gate_up_proj"
    )
    layers = transformers_backend.layers(decoder, attention, feed_forward)
    return transformers_backend.architecture(decoder, layers)
