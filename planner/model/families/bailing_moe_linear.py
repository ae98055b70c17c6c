"""Ling and Ring 2.5: lightning attention with a layer of latent attention between, experts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.architecture import Layer
from planner.model.blocks import norms
from planner.model.decoder import LAYER_NORMS, Decoder
from planner.model.families.bailing_moe import sparse_block
from planner.model.mla import LatentAttention
from planner.model.modules import Linear, Part, Split, Weight
from planner.model.rope import rope_buffer, rope_parameters
from planner.model.state_cache import LinearAttentionState

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("BailingMoeV2_5ForCausalLM",)
EXAMPLES: dict[str, int] = {}
DEFAULTS: dict[str, Any] = {
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "kv_lora_rank": 512,
    "router_dtype": "fp32",
    "layer_group_size": 1,
    "group_norm_size": 1,
}
"""of the model class, which reads a file that brings its own code"""
_MIXER = "self_attn"

_Mixer = tuple[tuple["Module", ...], tuple["CacheSpec", ...]]


def read(keys: Keys) -> Architecture:
    """The last layer of each group has latent attention.

    Source: vllm.model_executor.models.bailing_moe_linear (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    group = keys.int("layer_group_size")
    mixers = {True: _lightning(decoder), False: _latent(decoder)}
    dense, around = decoder.mlp(bias=keys.flag("use_bias")), norms(decoder.hidden, *LAYER_NORMS)
    has_experts = keys.int("num_experts") > 1
    sparse = sparse_block(decoder) if has_experts else dense
    start = keys.int("first_k_dense_replace", default=0)
    layers = []
    for index in range(decoder.num_layers):
        modules, caches = mixers[group > 0 and (index + 1) % group != 0]
        block = sparse if index >= start else dense
        layers.append(Layer(modules=(*modules, *block, *around), caches=caches))
    return decoder.architecture(
        layers,
        uses_mla=True,
        experts_per_token=keys.int("num_experts_per_tok") if has_experts else 0,
    )


def _lightning(decoder: Decoder) -> _Mixer:
    """Heads are divided; the output is gated and normed in groups.

    Source: vllm.model_executor.layers.mamba.linear.bailing_linear_attn
    .BailingMoELinearAttention (0.33.0)
    """
    keys, hidden, heads, size = decoder.keys, decoder.hidden, decoder.heads, decoder.head_dim
    inner, bias = Part(heads, size), keys.flag("use_bias")
    names = (f"{_MIXER}.query_layernorm", f"{_MIXER}.key_layernorm")
    out = Linear(
        name=f"{_MIXER}.dense",
        inputs=inner.rows,
        parts=(Part(hidden),),
        split=Split.ROW,
        bias=bias,
        input_units=heads,
    )
    modules: tuple[Module, ...] = (
        Linear(
            name=f"{_MIXER}.query_key_value",
            inputs=hidden,
            parts=(inner,) * 3,
            bias=bias or keys.flag("use_qkv_bias"),
        ),
        *(norms(size, *names) if keys.flag("use_qk_norm") else ()),
        Linear(name=f"{_MIXER}.g_proj", inputs=hidden, parts=(inner,)),
        out,
        Weight(
            name=f"{_MIXER}.g_norm",
            shape=(inner.rows,),
            split_axis=0,
            units=keys.int("group_norm_size"),
        ),
        decoder.rope(),
    )
    return modules, (LinearAttentionState(num_heads=heads, head_dim=size),)


def _latent(decoder: Decoder) -> _Mixer:
    """Its rotary part is rotated whole, whatever part of a head the others rotate."""
    latent = LatentAttention.read(decoder.keys, _MIXER)
    parameters = {**rope_parameters(decoder.keys), "rope_dim": latent.qk_rope_head_dim}
    table = rope_buffer(
        latent.qk_rope_head_dim, decoder.max_position, parameters, "latent.rotary_emb"
    )
    return (*latent.modules(), table), (latent.cache(),)
