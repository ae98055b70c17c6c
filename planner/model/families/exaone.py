"""EXAONE 3 and 3.5: Llama's layers under GPT-2's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp, norm
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("ExaoneForCausalLM",)
EXAMPLES = {"LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct": 7_818_448_896}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.exaone (0.33.0)
    """
    decoder = Decoder.read(keys)
    keys = decoder.keys
    bias = keys.flag("attention_bias") or keys.flag("bias")
    attention = decoder.attention(
        qkv_bias=bias,
        out_bias=bias,
        prefix="attn.attention",
        names=("qkv_proj", "out_proj"),
    )
    feed_forward = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        bias=keys.flag("mlp_bias"),
        names=("c_fc_0", "c_fc_1", "c_proj"),
    )
    layer = decoder.layer(attention, feed_forward, norm_names=("ln_1", "ln_2"))
    return decoder.architecture(
        [layer] * decoder.num_layers,
        final_norm=(norm("transformer.ln_f", decoder.hidden),),
        layer_prefix="transformer.h",
    )
