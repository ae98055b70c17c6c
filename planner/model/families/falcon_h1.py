"""Falcon-H1: attention and Mamba 2 side by side in each layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import mlp, norm, norms
from planner.model.decoder import Decoder
from planner.model.families.granitemoehybrid import mamba2
from planner.model.modules import Buffer

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("FalconH1ForCausalLM",)
EXAMPLES = {
    "tiiuae/Falcon-H1-34B-Instruct": 33_642_516_224,
    "tiiuae/Falcon-H1-0.5B-Instruct": 521_411_104,
}
DEFAULTS = {
    "vocab_size": 128000,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 8192,
    "mamba_d_ssm": 1024,
    "mamba_n_heads": 128,
    "mamba_d_head": "auto",
    "mamba_n_groups": 1,
    "mamba_d_state": 256,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "mamba_conv_bias": True,
}
"""transformers.FalconH1Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """A vector of multipliers lies beside the state space's input projection.

    Source: vllm.model_executor.models.falcon_h1 (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    mixer = replace(mamba2(decoder), normed=keys.flag("mamba_rms_norm"))
    multipliers = Buffer(name="mamba.mup_vector", elements=1, parts=mixer.projected, shared=False)
    feed_forward = mlp(
        hidden=decoder.hidden, intermediate=decoder.intermediate, prefix="feed_forward"
    )
    layer = Layer(
        modules=(
            *decoder.attention(),
            *mixer.modules(),
            multipliers,
            *feed_forward,
            *norms(decoder.hidden, "input_layernorm", "pre_ff_layernorm"),
            decoder.rope(),
        ),
        caches=(decoder.cache(decoder.window), mixer.cache()),
    )
    return decoder.architecture(
        [layer] * decoder.num_layers,
        final_norm=(norm("model.final_layernorm", decoder.hidden),),
    )
