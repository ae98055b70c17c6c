"""GPT-BigCode (SantaCoder, StarCoder): GPT-2 with one head of keys and values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.blocks import mlp, norm
from planner.model.decoder import Decoder
from planner.model.families.gpt2 import DEFAULTS
from planner.model.modules import Buffer, Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GPTBigCodeForCausalLM",)
EXAMPLES = {"bigcode/starcoder": 15_517_456_384}


def read(keys: Keys) -> Architecture:
    """Multi-query attention; the MLP is not in the model's plan and stays whole.

    The causal mask is a buffer of a byte for each pair of positions.
    Source: transformers.models.gpt_bigcode.modeling_gpt_bigcode (5.19) through vLLM's backend
    """
    keys = keys.with_defaults(DEFAULTS)
    if keys.flag("multi_query", default=True):
        keys = keys.replaced({"num_key_value_heads": 1})
    decoder = Decoder.read(keys, tied=True)
    hidden, positions = decoder.hidden, decoder.max_position
    attention = decoder.attention(
        qkv_bias=True,
        out_bias=True,
        prefix="attn",
        names=("c_attn", "c_proj"),
        matrices=(),
    )
    feed_forward = mlp(
        hidden=hidden,
        intermediate=keys.int("n_inner", default=4 * hidden),
        gated=False,
        bias=True,
        names=("", "c_fc", "c_proj"),
        split=False,
    )
    layers = transformers_backend.layers(
        decoder, attention, feed_forward, norm_names=("ln_1", "ln_2"), norm_bias=True
    )
    return transformers_backend.architecture(
        decoder,
        layers,
        before=(Weight(name="model.wpe", shape=(positions, hidden)),),
        every=(Buffer(name="model.bias", elements=positions**2, dtype="bool"),),
        rotary=False,
        final_norm=(norm("model.ln_f", hidden, bias=True),),
        layer_prefix="model.h",
    )
