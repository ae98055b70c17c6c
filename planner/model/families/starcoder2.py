"""StarCoder2: biases throughout, layer norms, a plain MLP, a window over all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.blocks import mlp
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Starcoder2ForCausalLM",)
EXAMPLES = {"bigcode/starcoder2-15b": 15_957_889_024, "bigcode/starcoder2-3b": 3_030_371_328}
DEFAULTS = {
    "vocab_size": 49152,
    "hidden_size": 3072,
    "intermediate_size": 12288,
    "num_hidden_layers": 30,
    "num_attention_heads": 24,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
}
"""transformers.Starcoder2Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and an MLP.

    Source: transformers.models.starcoder2.modeling_starcoder2 (5.19) through vLLM's backend
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True)
    bias = decoder.keys.flag("use_bias", default=True)
    feed_forward = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        gated=False,
        bias=bias,
        names=("", "c_fc", "c_proj"),
    )
    attention = decoder.attention(qkv_bias=bias, out_bias=bias)
    layers = transformers_backend.layers(decoder, attention, feed_forward, norm_bias=True)
    return transformers_backend.architecture(decoder, layers, norm_bias=True)
