"""LFM2: gated short convolutions, with attention in some layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import mlp, norm, norms
from planner.model.decoder import Decoder
from planner.model.state_blocks import ShortConv
from planner.units import round_up

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Lfm2ForCausalLM",)
EXAMPLES = {"LiquidAI/LFM2-1.2B": 1_170_340_608}
DEFAULTS = {
    "vocab_size": 65536,
    "hidden_size": 2560,
    "intermediate_size": 12288,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 128_000,
    "conv_L_cache": 3,
    "block_multiple_of": 256,
    "block_ffn_dim_multiplier": 1.0,
    "block_auto_adjust_ff_dim": True,
    "rope_theta": 1_000_000.0,
}
"""transformers.Lfm2Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Norms over heads; the head is the embedding, which each stage holds.

    Source: vllm.model_executor.models.lfm2 (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True).with_even_heads()
    return stack(decoder, [feed_forward(decoder, _width(decoder))] * decoder.num_layers)


def stack(
    decoder: Decoder, blocks: list[tuple[Module, ...]], *, experts_per_token: int = 0
) -> Architecture:
    """The model with these feed-forward blocks, one a layer."""
    keys = decoder.keys
    mixer = ShortConv(
        hidden=decoder.hidden,
        conv_kernel=keys.int("conv_L_cache"),
        bias=keys.flag("conv_bias"),
    )
    attention = (
        *decoder.attention(names=("qkv_proj", "out_proj")),
        *norms(decoder.head_dim, "self_attn.q_layernorm", "self_attn.k_layernorm"),
        decoder.rope(),
    )
    kinds = {
        True: (attention, (decoder.cache(decoder.window),)),
        False: (mixer.modules(), (mixer.cache(),)),
    }
    tail = norms(decoder.hidden, "operator_norm", "ffn_norm")
    layers = []
    for is_attention, block in zip(attention_layers(decoder), blocks, strict=True):
        modules, caches = kinds[is_attention]
        layers.append(Layer(modules=(*modules, *block, *tail), caches=caches))
    return decoder.architecture(
        layers,
        on_every_stage=("embedding", "head"),
        final_norm=(norm("model.embedding_norm", decoder.hidden),),
        experts_per_token=experts_per_token,
    )


def attention_layers(decoder: Decoder) -> list[bool]:
    """Which layers have attention; all where the file does not say."""
    if decoder.layer_types:
        return [name == "full_attention" for name in decoder.layer_types]
    chosen = decoder.keys.raw("full_attn_idxs")
    named = range(decoder.num_layers) if chosen is None else chosen
    return [index in named for index in range(decoder.num_layers)]


def feed_forward(decoder: Decoder, width: int) -> tuple[Module, ...]:
    """The dense block, under the checkpoint's names."""
    return mlp(
        hidden=decoder.hidden,
        intermediate=width,
        prefix="feed_forward",
        names=("w1", "w3", "w2"),
    )


def _width(decoder: Decoder) -> int:
    """Features of the dense block: two thirds of the stated, rounded up, unless told not to."""
    keys = decoder.keys
    width = keys.int("block_ff_dim", "intermediate_size")
    if not keys.flag("block_auto_adjust_ff_dim"):
        return width
    scaled = int(keys.float("block_ffn_dim_multiplier", default=1.0) * int(2 * width / 3))
    return round_up(scaled, keys.int("block_multiple_of"))
