"""GPT-2: learned positions, biases throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp, norm
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GPT2LMHeadModel",)
EXAMPLES = {"openai-community/gpt2": 124_439_808}
DEFAULTS = {
    "vocab_size": 50257,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_positions": 1024,
}
"""transformers.GPT2Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Attention and a plain MLP.

    Source: vllm.model_executor.models.gpt2 (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True)
    hidden = decoder.hidden
    attention = decoder.attention(
        qkv_bias=True,
        out_bias=True,
        prefix="attn",
        names=("c_attn", "c_proj"),
        matrices=(),
    )
    feed_forward = mlp(
        hidden=hidden,
        intermediate=decoder.keys.int("n_inner", default=4 * hidden),
        gated=False,
        bias=True,
        names=("", "c_fc", "c_proj"),
    )
    layer = decoder.layer(
        attention, feed_forward, norm_names=("ln_1", "ln_2"), norm_bias=True, rope=False
    )
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        every=(Weight(name="transformer.wpe", shape=(decoder.max_position, hidden)),),
        final_norm=(norm("transformer.ln_f", hidden, bias=True),),
        layer_prefix="transformer.h",
    )
