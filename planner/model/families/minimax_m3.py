"""MiniMax-M3: attention to blocks that an indexer picks, experts, and an image encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block, Layer
from planner.model.blocks import (
    correction_bias,
    experts,
    mlp,
    norms,
    router,
)
from planner.model.cache import FullAttention
from planner.model.decoder import LAYER_NORMS, Decoder
from planner.model.families.mixtral import EXPERT_MATRICES
from planner.model.indexer_cache import BlockIndexer
from planner.model.modules import Buffer, Linear, Part
from planner.model.towers.parts import column, convolution, row

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("MiniMaxM3SparseForConditionalGeneration", "MiniMaxM3SparseForCausalLM")
EXAMPLES: dict[str, int] = {}
VISION_DEFAULTS: dict[str, Any] = {
    "img_token_compression_config": {"spatial_merge_size": 2, "temporal_patch_size": 2},
    "num_channels": 3,
}
"""vllm.models.minimax_m3.common.vision_tower (0.33.0)"""
_BLOCK = "block_sparse_moe"
_AXES = 3


def read(keys: Keys) -> Architecture:
    """The first layers are dense and attend to everything, as the configuration lists.

    Source: vllm.models.minimax_m3.nvidia.model (0.33.0)
    """
    if "text_config" not in keys:
        return _text(keys)
    text_keys = keys.part("text_config")
    text = _text(text_keys)
    tower = _tower(keys, text.hidden_size)
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)


def _text(keys: Keys) -> Architecture:
    decoder = Decoder.read(keys)
    keys = decoder.keys
    sparse_part = keys.part("sparse_attention_config")
    count = decoder.num_layers
    picks = sparse_part.list("sparse_attention_freq") or [0] * count
    moe = keys.list("moe_layer_freq") or [1] * count
    blocks = {True: _experts(decoder), False: _dense(decoder)}
    mixers = {True: _picking(decoder, sparse_part), False: _full(decoder)}
    layers = []
    for index in range(count):
        modules, caches = mixers[bool(picks[index])]
        block = blocks[bool(moe[index])]
        tail = norms(decoder.hidden, *LAYER_NORMS)
        layers.append(Layer(modules=(*modules, *block, *tail), caches=caches))
    return replace(decoder, tied=False).architecture(
        layers, experts_per_token=keys.int("num_experts_per_tok")
    )


def _full(decoder: Decoder) -> tuple[tuple[Module, ...], tuple[CacheSpec, ...]]:
    modules = (*decoder.attention(qk_norm=True), decoder.rope())
    return modules, (decoder.cache(),)


def _picking(decoder: Decoder, keys: Keys) -> tuple[tuple[Module, ...], tuple[CacheSpec, ...]]:
    """The indexer's queries are divided like key-value heads, its one key is on each rank.

    Source: vllm.model_executor.layers.linear.MinimaxM3QKVParallelLinearWithIndexer (0.33.0)
    """
    size, heads = keys.int("sparse_index_dim"), keys.int("sparse_num_index_heads")
    qkv, *rest = decoder.attention(qk_norm=True)
    index = (Part(heads, size, replicate=True), Part(1, size, replicate=True))
    if isinstance(qkv, Linear):
        names = ("index_q_proj", "index_k_proj")
        matrices = (*qkv.matrices, *(f"self_attn.{name}" for name in names))
        qkv = replace(qkv, parts=(*qkv.parts, *index), matrices=matrices)
    modules = (
        qkv,
        *rest,
        *norms(size, "self_attn.index_q_norm", "self_attn.index_k_norm"),
        decoder.rope(),
    )
    sizes = (decoder.kv_heads, decoder.head_dim, decoder.head_dim)
    return modules, (BlockIndexer(head_dim=size), FullAttention(*sizes, picks="blocks"))


def _dense(decoder: Decoder) -> tuple[Module, ...]:
    width = decoder.keys.int("dense_intermediate_size", default=0)
    return mlp(hidden=decoder.hidden, intermediate=width or decoder.intermediate)


def _experts(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden, width = decoder.keys, decoder.hidden, decoder.intermediate
    count = keys.int("num_local_experts")
    block: tuple[Module, ...] = (
        router(hidden, count, f"{_BLOCK}.gate", dtype="float32"),
        experts(
            hidden=hidden, intermediate=width, count=count, prefix=_BLOCK, names=EXPERT_MATRICES
        ),
    )
    if keys.flag("use_routing_bias"):
        block += (correction_bias(count, f"{_BLOCK}.e_score_correction_bias"),)
    shared = keys.int("n_shared_experts", default=0)
    if not shared:
        return block
    return block + mlp(
        hidden=hidden, intermediate=width * shared, prefix=f"{_BLOCK}.shared_experts"
    )


def _tower(root: Keys, text_hidden: int) -> tuple[Block, ...]:
    """CLIP's layers with rotary positions, a projector, and the merger of patches.

    Source: vllm.models.minimax_m3.common.vision_tower.MiniMaxVLVisionModel (0.33.0)
    """
    keys = root.part("vision_config").with_defaults(VISION_DEFAULTS)
    merging = keys.part("img_token_compression_config")
    hidden, heads = keys.int("hidden_size"), keys.int("num_attention_heads")
    patch = keys.int("patch_size")
    frames = merging.int("temporal_patch_size", default=2)
    merged = text_hidden * merging.int("spatial_merge_size", default=2) ** 2
    middle = root.int("projector_hidden_size", default=text_hidden)
    bias = keys.flag("multimodal_projector_bias", default=True)
    merge_bias = keys.flag("patch_merge_bias", default=True)
    prefix, model = "vision_tower", "vision_tower.vision_model"
    patches = f"{model}.embeddings.patch_embedding"
    channels = keys.int("num_channels")
    once = (
        *convolution(patches, hidden, channels, frames, patch, patch, bias=False),
        *norms(hidden, f"{model}.pre_layrnorm", bias=True),
        Buffer(
            name=f"{model}.inv_freq",
            elements=_AXES * (hidden // heads // 2 * 2 // _AXES // 2),
            dtype="float32",
        ),
        column(f"{prefix}.multi_modal_projector.linear_1", hidden, middle, bias=bias),
        row(f"{prefix}.multi_modal_projector.linear_2", middle, text_hidden, bias=bias),
        column(f"{prefix}.patch_merge_mlp.linear_1", merged, middle, bias=merge_bias),
        row(f"{prefix}.patch_merge_mlp.linear_2", middle, text_hidden, bias=merge_bias),
    )
    each = _tower_layer(f"{model}.encoder.layers.0", hidden, heads, keys.int("intermediate_size"))
    return Block(modules=once), Block(modules=each, count=keys.int("num_hidden_layers"))


def _tower_layer(name: str, hidden: int, heads: int, width: int) -> tuple[Module, ...]:
    qkv = Linear(
        name=f"{name}.self_attn.qkv_proj",
        inputs=hidden,
        parts=(Part(heads, hidden // heads),) * 3,
        bias=True,
        matrices=tuple(f"{name}.self_attn.{letter}_proj" for letter in "qkv"),
    )
    return (
        qkv,
        row(f"{name}.self_attn.out_proj", hidden, hidden, units=heads),
        column(f"{name}.fc1", hidden, width),
        row(f"{name}.fc2", width, hidden),
        *norms(hidden, f"{name}.layer_norm1", f"{name}.layer_norm2", bias=True),
    )
