"""GPT-NeoX and Pythia: layer norms with biases, a quarter of each head rotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.blocks import mlp, norm
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GPTNeoXForCausalLM",)
EXAMPLES = {"EleutherAI/gpt-neox-20b": 20_554_567_680, "EleutherAI/pythia-12b": 11_846_072_320}
DEFAULTS = {
    "vocab_size": 50432,
    "hidden_size": 6144,
    "intermediate_size": 24576,
    "num_hidden_layers": 44,
    "num_attention_heads": 64,
    "max_position_embeddings": 2048,
    "rotary_pct": 0.25,
}
"""transformers.GPTNeoXConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Attention and an MLP, both with biases.

    Source: transformers.models.gpt_neox.modeling_gpt_neox (5.19) through vLLM's backend
    """
    decoder = Decoder.read(keys, DEFAULTS)
    bias = decoder.keys.flag("attention_bias", default=True)
    attention = decoder.attention(
        qkv_bias=bias,
        out_bias=bias,
        prefix="attention",
        names=("query_key_value", "dense"),
        matrices=(),
    )
    feed_forward = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        gated=False,
        bias=True,
        names=("", "dense_h_to_4h", "dense_4h_to_h"),
    )
    return transformers_backend.architecture(
        decoder,
        transformers_backend.layers(decoder, attention, feed_forward, norm_bias=True),
        final_norm=(norm("model.final_layer_norm", decoder.hidden, bias=True),),
    )
