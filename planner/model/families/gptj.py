"""GPT-J: attention and MLP side by side after one norm, part of each head rotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp, norm
from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GPTJForCausalLM",)
EXAMPLES = {"EleutherAI/gpt-j-6b": 6_050_882_784}
DEFAULTS = {
    "vocab_size": 50400,
    "n_positions": 2048,
    "n_embd": 4096,
    "n_layer": 28,
    "n_head": 16,
    "rotary_dim": 64,
}
"""transformers.GPTJConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Attention without biases and an MLP with them; the head has a bias too.

    Source: vllm.model_executor.models.gpt_j (0.33.0)
    """
    decoder = Decoder.read(keys.with_defaults(DEFAULTS))
    keys, hidden = decoder.keys, decoder.hidden
    decoder = Decoder.read(
        keys.replaced({"partial_rotary_factor": keys.int("rotary_dim") / decoder.head_dim})
    )
    layer = decoder.layer(
        decoder.attention(prefix="attn", names=("qkv_proj", "out_proj")),
        mlp(
            hidden=hidden,
            intermediate=keys.int("n_inner", default=4 * hidden),
            gated=False,
            bias=True,
            names=("", "fc_in", "fc_out"),
        ),
        norm_names=("ln_1",),
        norm_bias=True,
    )
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        head_bias=True,
        final_norm=(norm("transformer.ln_f", hidden, bias=True),),
        layer_prefix="transformer.h",
    )
