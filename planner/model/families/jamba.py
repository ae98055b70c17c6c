"""Jamba: Mamba 1 in most layers, attention in every eighth, experts in every other."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import experts, mlp, norm, norms, router
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.state_blocks import Mamba1

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("JambaForCausalLM",)
EXAMPLES = {
    "ai21labs/Jamba-v0.1": 51_570_323_328,
    "ai21labs/AI21-Jamba-Large-1.5": 398_555_145_696,
}
DEFAULTS = {
    "vocab_size": 65536,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 262144,
    "num_experts_per_tok": 2,
    "num_experts": 16,
    "expert_layer_period": 2,
    "expert_layer_offset": 1,
    "attn_layer_period": 8,
    "attn_layer_offset": 4,
    "mamba_d_state": 16,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "mamba_dt_rank": "auto",
    "mamba_conv_bias": True,
}
"""transformers.JambaConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """No positions are encoded; the head is a tensor of its own even where the file ties it.

    Source: vllm.model_executor.models.jamba (0.33.0)
    """
    decoder = replace(Decoder.read(keys, DEFAULTS).with_even_heads(), tied=False)
    return decoder.architecture(
        [_layer(decoder, index) for index in range(decoder.num_layers)],
        on_every_stage=WHOLE_FRAME,
        final_norm=(norm("model.final_layernorm", decoder.hidden),),
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )


def _layer(decoder: Decoder, index: int) -> Layer:
    keys = decoder.keys
    tail = (
        *_feed_forward(decoder, index),
        *norms(decoder.hidden, "input_layernorm", "pre_ff_layernorm"),
    )
    if index % keys.int("attn_layer_period") == keys.int("attn_layer_offset"):
        return Layer(modules=(*decoder.attention(), *tail), caches=(decoder.cache(decoder.window),))
    mixer = _mamba(decoder)
    return Layer(modules=(*mixer.modules(), *tail), caches=(mixer.cache(),))


def _mamba(decoder: Decoder) -> Mamba1:
    keys, rank = decoder.keys, decoder.keys.raw("mamba_dt_rank")
    return Mamba1(
        hidden=decoder.hidden,
        intermediate=keys.int("mamba_expand") * decoder.hidden,
        state_size=keys.int("mamba_d_state"),
        conv_kernel=keys.int("mamba_d_conv"),
        time_step_rank=ceil(decoder.hidden / 16) if rank == "auto" else keys.int("mamba_dt_rank"),
        conv_bias=keys.flag("mamba_conv_bias"),
        bias=keys.flag("mamba_proj_bias"),
        normed=True,
    )


def _feed_forward(decoder: Decoder, index: int) -> tuple[Module, ...]:
    keys, prefix = decoder.keys, "feed_forward"
    count = keys.int("num_experts")
    if index % keys.int("expert_layer_period") != keys.int("expert_layer_offset") or count <= 1:
        return mlp(hidden=decoder.hidden, intermediate=decoder.intermediate, prefix=prefix)
    return (
        router(decoder.hidden, count, f"{prefix}.router"),
        experts(
            hidden=decoder.hidden, intermediate=decoder.intermediate, count=count, prefix=prefix
        ),
    )
