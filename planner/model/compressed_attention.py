"""DeepSeek-V4's attention: a window of latents, and latents that stand for many tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import norm, replicated
from planner.model.cache import CompressedLatent, CompressorState, WindowLatent
from planner.model.indexer_cache import SparseIndexer
from planner.model.modules import Linear, Part, Split, Weight
from planner.model.rope import rope_buffer, rope_parameters
from planner.units import ceil_div, round_up

if TYPE_CHECKING:
    from planner.model.cache import CacheSpec
    from planner.model.decoder import Decoder
    from planner.model.modules import Buffer, Module

_INDEXED_RATIO = 4
"""the ratio whose latents an indexer picks from"""
_SINK_HEADS = 64
"""heads to whose multiple a rank's sinks are padded"""


def compressed_attention(decoder: Decoder, ratio: int) -> tuple[Module, ...]:
    """A window beside latents of ``ratio`` tokens each; at most 1: the window alone.

    Source: vllm.models.deepseek_v4.attention.DeepseekV4Attention, DeepseekV4Indexer,
    vllm.models.deepseek_v4.compressor.DeepseekCompressor (0.33.0)
    """
    keys, heads, size = decoder.keys, decoder.heads, decoder.head_dim
    queries, groups = keys.int("q_lora_rank"), keys.int("o_groups")
    outputs = groups * keys.int("o_lora_rank")
    first = Linear(
        name="attn.fused_wqa_wkv",
        inputs=decoder.hidden,
        parts=(Part(queries), Part(size)),
        split=Split.REPLICATED,
        matrices=("attn.wq_a", "attn.wkv"),
    )
    modules: tuple[Module, ...] = (
        _sinks(heads),
        first,
        norm("attn.q_norm", queries),
        Linear(name="attn.wq_b", inputs=queries, parts=(Part(heads, size),)),
        norm("attn.kv_norm", size),
        Linear(name="attn.wo_a", inputs=heads * size // groups, parts=(Part(outputs),)),
        Linear(name="attn.wo_b", inputs=outputs, parts=(Part(decoder.hidden),), split=Split.ROW),
        _rope(decoder, compressed=ratio > 1),
    )
    if ratio == _INDEXED_RATIO:
        modules += _indexer(decoder)
    return modules + _compressor(decoder, "attn.compressor", size, ratio)


def _sinks(heads: int) -> Weight:
    """A rank's sinks are padded to what its kernel takes."""
    padded = round_up(heads, _SINK_HEADS)
    return Weight(
        name="attn.attn_sink",
        shape=(padded,),
        split_axis=0,
        units=ceil_div(heads, _SINK_HEADS),
        dtype="float32",
    )


def _rope(decoder: Decoder, *, compressed: bool) -> Buffer:
    """Layers that compress have a table of their own, scaled by YaRN.

    Source: vllm.models.deepseek_v4.common.rope.build_deepseek_v4_rope (0.33.0)
    """
    parameters = rope_parameters(decoder.keys, "compress" if compressed else "main")
    parameters["rope_dim"] = decoder.keys.int("qk_rope_head_dim")
    scaled = compressed and parameters["rope_type"] != "default"
    parameters["rope_type"] = "deepseek_yarn" if scaled else "default"
    name = "rotary_emb.compressed" if compressed else "rotary_emb"
    return rope_buffer(decoder.head_dim, decoder.max_position, parameters, name, dtype="float32")


def _indexer(decoder: Decoder) -> tuple[Module, ...]:
    """Whole on each rank."""
    keys, prefix = decoder.keys, "attn.indexer"
    heads, size = keys.int("index_n_heads"), keys.int("index_head_dim")
    return (
        replicated(f"{prefix}.wq_b", keys.int("q_lora_rank"), heads * size),
        replicated(f"{prefix}.weights_proj", decoder.hidden, heads, quantized=False),
        *_compressor(decoder, f"{prefix}.compressor", size, _INDEXED_RATIO),
    )


def _compressor(decoder: Decoder, prefix: str, size: int, ratio: int) -> tuple[Module, ...]:
    if ratio <= 1:
        return ()
    state = CompressorState(head_dim=size, compress_ratio=ratio)
    width = state.overlap * size
    merged = Linear(
        name=f"{prefix}.fused_wkv_wgate",
        inputs=decoder.hidden,
        parts=(Part(width), Part(width)),
        split=Split.REPLICATED,
        quantized=False,
    )
    positions = Weight(name=f"{prefix}.ape", shape=(ratio, width), dtype="float32")
    return positions, merged, norm(f"{prefix}.norm", size)


def compressed_caches(decoder: Decoder, ratio: int) -> tuple[CacheSpec, ...]:
    """In the order in which vLLM builds them."""
    keys, size = decoder.keys, decoder.head_dim
    window = WindowLatent(head_size=size, window=keys.int("sliding_window"))
    if ratio <= 1:
        return (window,)
    own: tuple[CacheSpec, ...] = (
        window,
        CompressedLatent(head_size=size, compress_ratio=ratio),
        CompressorState(head_dim=size, compress_ratio=ratio),
    )
    if ratio != _INDEXED_RATIO:
        return own
    index = keys.int("index_head_dim")
    return (
        SparseIndexer(head_dim=index, compress_ratio=ratio),
        CompressorState(head_dim=index, compress_ratio=ratio),
        *own,
    )
