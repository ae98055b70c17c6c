"""DeepSeek-V4: windows and compressed attention, four residual streams, experts in each layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.model.architecture import Layer
from planner.model.blocks import correction_bias, experts, mlp, norms, router
from planner.model.compressed_attention import compressed_attention, compressed_caches
from planner.model.decoder import Decoder
from planner.model.modules import Part, Weight
from planner.model.residual_streams import ResidualStreams

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("DeepseekV4ForCausalLM",)
EXAMPLES = {
    "deepseek-ai/DeepSeek-V4-Flash": 284_334_567_511,
    "deepseek-ai/DeepSeek-V4-Pro": 1_572_999_528_803,
}
DEFAULTS = {
    "vocab_size": 129280,
    "hidden_size": 4096,
    "moe_intermediate_size": 2048,
    "num_hidden_layers": 43,
    "num_attention_heads": 64,
    "num_key_value_heads": 1,
    "head_dim": 512,
    "q_lora_rank": 1024,
    "num_experts_per_tok": 6,
    "n_routed_experts": 256,
    "n_shared_experts": 1,
    "max_position_embeddings": 1048576,
    "hc_mult": 4,
    "num_hash_layers": 3,
    "sliding_window": 128,
    "o_groups": 8,
    "o_lora_rank": 1024,
    "index_n_heads": 64,
    "index_head_dim": 128,
    "index_topk": 512,
    "qk_rope_head_dim": 64,
}
"""transformers.DeepseekV4Config (5.19)"""
_RATIOS = {"compressed_sparse_attention": 4, "heavily_compressed_attention": 128}
_SHARED_BLOCK = 128
"""features that a rank holds whole of the shared experts: fp8's blocks"""


def read(keys: Keys) -> Architecture:
    """Attention of each layer compresses as the configuration lists.

    Source: vllm.models.deepseek_v4.nvidia.model (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    streams = ResidualStreams(count=keys.int("hc_mult"), hidden=decoder.hidden)
    hashed = _hashed_layers(decoder)
    layers = [
        Layer(
            modules=(
                *compressed_attention(decoder, ratio),
                *_experts(decoder, hashed=index in hashed),
                *norms(decoder.hidden, "attn_norm", "ffn_norm"),
                *streams.mixers("hc_attn"),
                *streams.mixers("hc_ffn"),
            ),
            caches=compressed_caches(decoder, ratio),
        )
        for index, ratio in enumerate(_ratios(decoder))
    ]
    return replace(decoder, tied=False).architecture(
        layers,
        every=streams.head(),
        layer_prefix="layers",
        uses_mla=True,
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _ratios(decoder: Decoder) -> list[int]:
    """How many tokens share a latent in each layer; at most 1: the layer has a window only.

    Source: transformers.DeepseekV4Config (5.19), vllm.models.deepseek_v4.compressor (0.33.0)
    """
    keys, count = decoder.keys, decoder.num_layers
    types = decoder.layer_types
    ratios = [int(ratio) for ratio in keys.per_layer("compress_ratios", count)]
    if types or not ratios:
        light, heavy = _RATIOS
        types = types or [light if index > 1 and index % 2 else heavy for index in range(count)]
        rates = {**_RATIOS, **keys.part("compress_rates").mapping}
        ratios = [int(rates.get(name, 0)) for name in types]
    unknown = {ratio for ratio in ratios if ratio > 1} - set(_RATIOS.values())
    if unknown:
        raise InvalidInputError(
            f"config.json: {min(unknown)} tokens share a latent in a layer",
            cause="vLLM's DeepSeek-V4 compresses 4 or 128 tokens into one, or none",
            fix="use the config.json that lies beside the checkpoint",
        )
    return ratios


def _hashed_layers(decoder: Decoder) -> range:
    """Layers whose experts a table of tokens picks: the first ones."""
    stated = decoder.keys.list("mlp_layer_types")
    count = stated.count("hash_moe") if stated else decoder.keys.int("num_hash_layers")
    return range(count)


def _experts(decoder: Decoder, *, hashed: bool) -> tuple[Module, ...]:
    """Router, experts and shared experts; a table of tokens routes the first layers."""
    keys, hidden = decoder.keys, decoder.hidden
    count, size = keys.int("n_routed_experts"), keys.int("moe_intermediate_size")
    names = ("w1", "w3", "w2")
    block: tuple[Module, ...] = (
        router(hidden, count, "ffn.gate"),
        experts(hidden=hidden, intermediate=size, count=count, prefix="ffn", names=names),
    )
    if hashed:
        shape = (decoder.vocab_size, keys.int("num_experts_per_tok"))
        block += (Weight(name="ffn.gate.tid2eid", shape=shape, dtype="int32"),)
    elif keys.text("topk_method") == "noaux_tc":
        block += (correction_bias(count, "ffn.gate.e_score_correction_bias"),)
    shared = keys.int("n_shared_experts", default=0)
    return block + (_shared_experts(hidden, size * shared) if shared else ())


def _shared_experts(hidden: int, size: int) -> tuple[Module, ...]:
    """A rank holds whole blocks of features, so the last ranks may hold padding."""
    up, down = mlp(
        hidden=hidden,
        intermediate=size,
        prefix="ffn.shared_experts",
        names=("w1", "w3", "w2"),
        whole_in_sequence_parallel=True,
        one_stage_only=True,
    )
    if size % _SHARED_BLOCK:
        return up, down
    blocks = size // _SHARED_BLOCK
    return (
        replace(up, parts=(Part(blocks, _SHARED_BLOCK),) * 2, padded=True),
        replace(down, input_units=blocks, padded=True),
    )
