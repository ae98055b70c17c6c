"""Granite 4: Mamba 2 and attention layers, experts beside a shared MLP, or the MLP alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import mlp, norms
from planner.model.decoder import LAYER_NORMS, WHOLE_FRAME, Decoder
from planner.model.families.mixtral import sparse_block
from planner.model.state_blocks import Mamba2

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("GraniteMoeHybridForCausalLM",)
EXAMPLES = {
    "ibm-granite/granite-4.0-h-small": 32_207_337_984,
    "ibm-granite/granite-4.0-350m": 352_379_904,
}
DEFAULTS = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "shared_intermediate_size": 1024,
    "mamba_n_heads": 128,
    "mamba_n_groups": 1,
    "mamba_d_state": 256,
    "mamba_d_head": "auto",
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "mamba_conv_bias": True,
}
"""transformers.GraniteMoeHybridConfig (5.19)"""
_ATTENTION = ("attention", "full_attention")


def read(keys: Keys) -> Architecture:
    """Positions are encoded only where the file says so.

    Source: vllm.model_executor.models.granitemoehybrid (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS).with_even_heads()
    types = decoder.layer_types or ["linear_attention"] * decoder.num_layers
    tail = (*_feed_forward(decoder), *norms(decoder.hidden, *LAYER_NORMS))
    attention = _attention(decoder, tail)
    mixer = mamba2(decoder)
    mamba = Layer(modules=(*mixer.modules(), *tail), caches=(mixer.cache(),))
    return decoder.architecture(
        [attention if name in _ATTENTION else mamba for name in types],
        on_every_stage=WHOLE_FRAME,
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )


def mamba2(decoder: Decoder) -> Mamba2:
    """The state-space mixer under the names that Granite and Falcon-H1 use.

    ``mamba_d_ssm`` is its width where it is not a multiple of the model's.
    """
    keys = decoder.keys
    expanded = int(keys.float("mamba_expand", default=2) * decoder.hidden)
    inner = keys.int("mamba_d_ssm", default=expanded)
    heads = keys.int("mamba_n_heads")
    return Mamba2(
        hidden=decoder.hidden,
        intermediate=inner,
        n_groups=keys.int("mamba_n_groups"),
        num_heads=heads,
        head_dim=(
            inner // heads if keys.raw("mamba_d_head") == "auto" else keys.int("mamba_d_head")
        ),
        state_size=keys.int("mamba_d_state"),
        conv_kernel=keys.int("mamba_d_conv"),
        conv_bias=keys.flag("mamba_conv_bias"),
        bias=keys.flag("mamba_proj_bias"),
        prefix="mamba",
    )


def _attention(decoder: Decoder, tail: tuple[Module, ...]) -> Layer:
    bias = decoder.keys.flag("attention_bias")
    rope = decoder.keys.text("position_embedding_type") == "rope"
    return Layer(
        modules=(
            *decoder.attention(qkv_bias=bias, out_bias=bias),
            *((decoder.rope(),) if rope else ()),
            *tail,
        ),
        caches=(decoder.cache(decoder.window),),
    )


def _feed_forward(decoder: Decoder) -> tuple[Module, ...]:
    keys = decoder.keys
    routed = sparse_block(decoder) if keys.int("num_local_experts") else ()
    shared = keys.int("shared_intermediate_size", default=0)
    if not shared:
        return routed
    return (
        *routed,
        *mlp(
            hidden=decoder.hidden,
            intermediate=shared,
            prefix="shared_mlp",
            names=("input_linear", "input_linear", "output_linear"),
            merged_name="input_linear",
        ),
    )
