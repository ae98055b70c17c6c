"""Mamba 2 in every layer, and nothing else (Codestral Mamba)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import norm
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families.mamba import WITHOUT_ATTENTION
from planner.model.state_blocks import Mamba2

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Mamba2ForCausalLM",)
EXAMPLES = {"mistralai/Mamba-Codestral-7B-v0.1": 7_285_403_648}
DEFAULTS = {
    "vocab_size": 32768,
    "hidden_size": 4096,
    "state_size": 128,
    "num_hidden_layers": 64,
    "num_heads": 128,
    "expand": 2,
    "conv_kernel": 4,
    "n_groups": 8,
    "use_conv_bias": True,
}
"""transformers.Mamba2Config (5.19)"""
_DEFAULT_HEAD_DIM = 64


def read(keys: Keys) -> Architecture:
    """No attention: no positions, and a state whose size does not grow.

    Source: vllm.model_executor.models.mamba2 (0.33.0)
    """
    head_dim = keys.int("head_dim", default=_DEFAULT_HEAD_DIM)
    decoder = Decoder.read(keys.replaced(WITHOUT_ATTENTION), DEFAULTS)
    keys = decoder.keys
    expanded = int(keys.float("expand", default=2) * decoder.hidden)
    mixer = Mamba2(
        hidden=decoder.hidden,
        intermediate=keys.int("intermediate_size", default=expanded),
        n_groups=keys.int("n_groups"),
        num_heads=keys.int("num_heads"),
        head_dim=head_dim,
        state_size=keys.int("state_size"),
        conv_kernel=keys.int("conv_kernel"),
        conv_bias=keys.flag("use_conv_bias"),
        bias=keys.flag("use_bias"),
    )
    layer = Layer(modules=(*mixer.modules(), norm("norm", decoder.hidden)), caches=(mixer.cache(),))
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        final_norm=(norm("backbone.norm_f", decoder.hidden),),
        layer_prefix="backbone.layers",
        supports_pp=False,
    )
