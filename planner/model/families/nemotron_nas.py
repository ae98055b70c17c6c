"""Llama-Nemotron and DeciLM: Llama's layers, each pruned on its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import mlp, norm
from planner.model.decoder import Decoder
from planner.model.keys import Keys
from planner.units import round_up

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.modules import Module

ARCHITECTURES = ("DeciLMForCausalLM",)
EXAMPLES = {"nvidia/Llama-3_3-Nemotron-Super-49B-v1": 49_867_145_216}
WIDTH_STEP = 256
"""widths of feed-forward blocks are rounded up to it"""


def read(keys: Keys) -> Architecture:
    """``block_configs`` says what is left of each layer: attention, MLP, both or neither.

    Source: vllm.model_executor.models.nemotron_nas (0.33.0)
    """
    blocks = [
        Keys(block, f"block_configs[{i}]")
        for i, block in enumerate(keys.per_layer("block_configs", keys.int("num_hidden_layers")))
    ]
    heads = keys.int("num_attention_heads")
    groups = [
        block.part("attention").int("n_heads_in_group")
        for block in blocks
        if not block.part("attention").flag("no_op")
    ]
    decoder = Decoder.read(keys.replaced({"num_key_value_heads": heads // groups[0]}))
    return decoder.architecture([_layer(decoder, block) for block in blocks])


def _layer(decoder: Decoder, block: Keys) -> Layer:
    keys = decoder.keys
    modules: tuple[Module, ...] = ()
    caches: tuple[CacheSpec, ...] = ()
    attention, ffn = block.part("attention"), block.part("ffn")
    if not attention.flag("no_op"):
        bias = keys.flag("attention_bias") or keys.flag("bias")
        of = replace(decoder, kv_heads=decoder.heads // attention.int("n_heads_in_group"))
        modules += (
            *of.attention(qkv_bias=keys.flag("qkv_bias", default=bias), out_bias=bias),
            norm("input_layernorm", decoder.hidden),
            of.rope(),
        )
        caches = (of.cache(of.window),)
    if not ffn.flag("no_op"):
        bias = keys.flag("mlp_bias")
        modules += (
            *mlp(hidden=decoder.hidden, intermediate=_width(ffn, decoder.hidden), bias=bias),
            norm("post_attention_layernorm", decoder.hidden),
        )
    return Layer(modules=modules, caches=caches)


def _width(ffn: Keys, hidden: int) -> int:
    if "ffn_mult" not in ffn:
        return ffn.int("intermediate_size")
    return round_up(int(2 * ffn.float("ffn_mult", default=0.0) * hidden / 3), WIDTH_STEP)
