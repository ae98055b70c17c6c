"""Qwen3-Next: three layers of gated delta net to one of gated attention, and experts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import attention, experts, head_norms, mlp, norms, router
from planner.model.decoder import LAYER_NORMS, Decoder
from planner.model.delta_blocks import GatedDeltaNet
from planner.model.families.qwen3_moe import sparse_layers

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Qwen3NextForCausalLM",)
EXAMPLES = {"Qwen/Qwen3-Next-80B-A3B-Instruct": 79_674_391_296}
DEFAULTS = {
    "vocab_size": 151936,
    "hidden_size": 2048,
    "intermediate_size": 5632,
    "num_hidden_layers": 48,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
    "head_dim": 256,
    "partial_rotary_factor": 0.25,
    "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 32,
    "moe_intermediate_size": 512,
    "shared_expert_intermediate_size": 512,
    "num_experts_per_tok": 10,
    "num_experts": 512,
}
"""transformers.Qwen3NextConfig (5.19)"""
Mixer = tuple[tuple["Module", ...], "CacheSpec"]


def read(keys: Keys) -> Architecture:
    """Layers of multi-token prediction belong to the draft model and are not built here.

    Source: vllm.model_executor.models.qwen3_next (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    net = GatedDeltaNet.read(decoder.keys, interleaved=True)
    sparse, dense = sparse_block(decoder), decoder.mlp()
    blocks = [sparse if is_sparse else dense for is_sparse in sparse_layers(decoder)]
    return decoder.architecture(
        stack(decoder, net, blocks),
        on_every_stage=("embedding", "head"),
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )


def stack(decoder: Decoder, net: GatedDeltaNet, blocks: list[tuple[Module, ...]]) -> list[Layer]:
    """The layers, with these feed-forward blocks."""
    mixers: dict[str, Mixer] = {
        "linear_attention": (net.modules(), net.cache()),
        "full_attention": (gated_attention(decoder), decoder.cache()),
    }
    tail = norms(decoder.hidden, *LAYER_NORMS)
    if decoder.keys.flag("layer_scale"):
        tail += norms(decoder.hidden, "attn_layer_scale", "ffn_layer_scale")
    layers = []
    for kind, block in zip(layer_types(decoder), blocks, strict=True):
        modules, cache = mixers[kind]
        layers.append(Layer(modules=(*modules, *block, *tail), caches=(cache,)))
    return layers


def layer_types(decoder: Decoder) -> list[str]:
    """What each layer is: attention in every fourth where the file does not list them."""
    step = decoder.keys.int("full_attention_interval", default=4)
    return decoder.layer_types or [
        "linear_attention" if (index + 1) % step else "full_attention"
        for index in range(decoder.num_layers)
    ]


def gated_attention(decoder: Decoder) -> tuple[Module, ...]:
    """Attention whose output a gate beside each head scales."""
    keys = decoder.keys
    return (
        *attention(
            hidden=decoder.hidden,
            heads=decoder.heads,
            kv_heads=decoder.kv_heads,
            head_dim=decoder.head_dim,
            qkv_bias=keys.flag("qkv_bias"),
            gated=keys.flag("attn_output_gate", default=True),
        ),
        *head_norms(decoder.head_dim),
        decoder.rope(),
    )


def sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    """Router, experts, and a gated shared expert."""
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("num_experts")
    block: tuple[Module, ...] = (
        router(hidden, count),
        experts(hidden=hidden, intermediate=keys.int("moe_intermediate_size"), count=count),
        router(hidden, 1, "mlp.shared_expert_gate"),
    )
    shared = keys.int("shared_expert_intermediate_size", default=0)
    if not shared:
        return block
    return (
        *block,
        *mlp(
            hidden=hidden,
            intermediate=shared,
            prefix="mlp.shared_expert",
            whole_in_sequence_parallel=True,
        ),
    )
