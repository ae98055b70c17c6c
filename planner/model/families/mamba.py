"""Mamba and Falcon-Mamba: Mamba 1 in every layer, and nothing else."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import norm
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.state_blocks import Mamba1

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("MambaForCausalLM", "FalconMambaForCausalLM")
EXAMPLES = {
    "state-spaces/mamba-1.4b-hf": 1_372_178_432,
    "tiiuae/falcon-mamba-7b": 7_272_665_088,
}
DEFAULTS = {
    "vocab_size": 50280,
    "hidden_size": 768,
    "state_size": 16,
    "num_hidden_layers": 32,
    "expand": 2,
    "conv_kernel": 4,
    "use_conv_bias": True,
    "time_step_rank": "auto",
}
"""transformers.MambaConfig and FalconMambaConfig (5.19)"""
WITHOUT_ATTENTION = {"num_attention_heads": 0, "num_key_value_heads": 1, "head_dim": 0}


def read(keys: Keys) -> Architecture:
    """Falcon's norms inside the mixer have no weights.

    Source: vllm.model_executor.models.mamba (0.33.0)
    """
    decoder = Decoder.read(keys.replaced(WITHOUT_ATTENTION), DEFAULTS, tied=True)
    keys, rank = decoder.keys, decoder.keys.raw("time_step_rank")
    expanded = int(keys.float("expand", default=2) * decoder.hidden)
    mixer = Mamba1(
        hidden=decoder.hidden,
        intermediate=keys.int("intermediate_size", default=expanded),
        state_size=keys.int("state_size"),
        conv_kernel=keys.int("conv_kernel"),
        time_step_rank=ceil(decoder.hidden / 16) if rank == "auto" else keys.int("time_step_rank"),
        conv_bias=keys.flag("use_conv_bias"),
        bias=keys.flag("use_bias"),
        prefix="mixer",
    )
    layer = Layer(modules=(*mixer.modules(), norm("norm", decoder.hidden)), caches=(mixer.cache(),))
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        final_norm=(norm("backbone.norm_f", decoder.hidden),),
        layer_prefix="backbone.layers",
    )
