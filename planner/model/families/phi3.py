"""Phi-3 and Phi-4: Llama's layers, merged in the checkpoint; LongRoPE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp
from planner.model.decoder import Decoder
from planner.model.rope import rope_parameters

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Phi3ForCausalLM",)
EXAMPLES = {
    "microsoft/Phi-3-mini-4k-instruct": 3_821_079_552,
    "microsoft/phi-4": 14_659_507_200,
}
DEFAULTS = {
    "vocab_size": 32064,
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 4096,
    "original_max_position_embeddings": 4096,
}
"""transformers.Phi3Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.phi3 (0.33.0), whose class is Llama's
    """
    keys = with_longrope(keys.with_defaults(DEFAULTS))
    decoder = Decoder.read(keys)
    bias = keys.flag("attention_bias") or keys.flag("bias")
    feed_forward = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        bias=keys.flag("mlp_bias"),
        merged_name="gate_up_proj",
    )
    attention = decoder.attention(qkv_bias=bias, out_bias=bias, matrices=())
    return decoder.architecture([decoder.layer(attention, feed_forward)] * decoder.num_layers)


def with_longrope(keys: Keys) -> Keys:
    """Older files call LongRoPE ``su`` or ``yarn``.

    Source: transformers.models.phi3.configuration_phi3.Phi3Config (5.19)
    """
    parameters = rope_parameters(keys)
    if parameters["rope_type"] != "yarn":
        return keys
    longrope = {
        **parameters,
        "rope_type": "longrope",
        "original_max_position_embeddings": keys.int("original_max_position_embeddings"),
    }
    return keys.replaced({"rope_parameters": longrope, "rope_scaling": None})
