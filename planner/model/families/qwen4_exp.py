"""Qwen3.8 Next (Qwen4's preview): delta nets, picked tokens, four residual streams, n-grams."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Layer
from planner.model.blocks import norm, norms, replicated
from planner.model.cache import FullAttention
from planner.model.decoder import Decoder
from planner.model.delta_blocks import GatedDeltaNet
from planner.model.families.qwen3_5 import MOE_DEFAULTS, VISION_DEFAULTS
from planner.model.families.qwen3_next import gated_attention, layer_types, sparse_block
from planner.model.indexer_cache import GroupIndexer, GroupTail
from planner.model.modules import Linear, Part, Split
from planner.model.ngram_embedding import ngram_cache, ngram_modules
from planner.model.towers import qwen
from planner.model.towers.text_model import with_positions_of_tokens

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Qwen4ExpForConditionalGeneration", "Qwen4ExpForCausalLM")
EXAMPLES: dict[str, int] = {}
DEFAULTS: dict[str, Any] = {
    **MOE_DEFAULTS,
    "num_experts_per_tok": 10,
    "num_experts": 512,
    "partial_rotary_factor": None,
    "hc_count": 4,
    "hc_lowrank": 320,
    "ple_conv_kernel_size": 4,
    "ngram_size": 3,
    "heads_per_ngram": 8,
    "ngram_vocab_size_base": 20_000_000,
    "make_ngram_vocab_size_divisible_by": 128,
}
"""transformers.Qwen4ExpTextConfig (5.23)"""
_MIXED_ROWS = 16
"""what the rows of the merged mixing matrix are padded to"""
_POSITION_ELEMENTS = 12
"""three 64-bit positions beside a key of 16-bit elements"""


def read(keys: Keys) -> Architecture:
    """The text model, and the encoder where the file describes one.

    Source: vllm.models.qwen4_exp.nvidia.model, .qsa, .hyperconnection, .ple_layer (0.33.0)
    """
    nested = "text_config" in keys
    text_keys = keys.part("text_config") if nested else keys
    text = _text(text_keys, with_images=nested)
    if not nested:
        return text
    tower = qwen.qwen3(keys.part("vision_config").with_defaults(VISION_DEFAULTS))
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)


def _text(keys: Keys, *, with_images: bool) -> Architecture:
    decoder = Decoder.read(with_positions_of_tokens(keys), DEFAULTS)
    keys = decoder.keys
    net = GatedDeltaNet.read(
        keys, interleaved=False, state_dtype=keys.text("mamba_ssm_dtype") or None
    )
    picked = _picked(decoder, with_images=with_images)
    block = (
        *sparse_block(decoder),
        *_mixer(decoder, "attn_hyper_connection"),
        *_mixer(decoder, "mlp_hyper_connection"),
    )
    with_ngrams = sorted({int(number) - 1 for number in keys.list("ple_layer_ids")})
    layers = []
    for index, kind in enumerate(layer_types(decoder)):
        delta = kind == "linear_attention"
        modules, caches = (net.modules(), (net.cache(),)) if delta else picked
        if index in with_ngrams:
            modules = (*ngram_modules(decoder, with_ngrams.index(index)), *modules)
            caches = (ngram_cache(decoder), *caches)
        layers.append(Layer(modules=(*modules, *block), caches=caches))
    return decoder.architecture(
        layers,
        on_every_stage=("embedding", "head"),
        final_norm=_mixer(decoder, "model.hyper_connection_mixer", last=True),
        supports_pp=not with_ngrams,
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _picked(
    decoder: Decoder, *, with_images: bool
) -> tuple[tuple[Module, ...], tuple[CacheSpec, ...]]:
    """Gated attention; with an indexer it reads the tokens that one picks."""
    keys, attention = decoder.keys, gated_attention(decoder)
    heads = keys.optional_int("indexer_n_heads")
    if heads is None:
        return attention, (decoder.cache(),)
    size, group = keys.int("indexer_head_dim"), keys.int("indexer_compress_ratio")
    index = Part(1, (heads + keys.int("indexer_kv_heads")) * size, replicate=True)
    names = ("self_attn.indexer.q_layernorm", "self_attn.indexer.k_layernorm")
    modules = (*(_with_index(module, index) for module in attention), *norms(size, *names))
    main = FullAttention(decoder.kv_heads, decoder.head_dim, decoder.head_dim, picks="tokens")
    row = size + (_POSITION_ELEMENTS if with_images else 0)
    tail = GroupTail(row_elements=row, group=group)
    return modules, (tail, GroupIndexer(head_dim=size, group=group), main)


def _with_index(module: Module, index: Part) -> Module:
    """The indexer's projection is merged into attention's first."""
    if not isinstance(module, Linear) or not module.name.endswith("qkv_proj"):
        return module
    matrices = (*module.matrices, "self_attn.indexer.index_qk_proj")
    return replace(module, parts=(*module.parts, index), matrices=matrices)


def _mixer(decoder: Decoder, name: str, *, last: bool = False) -> tuple[Module, ...]:
    """What reads a block's input from the streams, in 16 bits on every rank."""
    rank, count = decoder.keys.int("hc_lowrank"), decoder.keys.int("hc_count")
    wide = count * decoder.hidden
    down = Linear(
        name=f"{name}.input_mix_weight_down" + ("" if last else "_block_inject"),
        inputs=wide,
        parts=(Part(rank),) if last else (Part(rank), Part(count)),
        split=Split.REPLICATED,
        quantized=False,
        row_multiple=1 if last else _MIXED_ROWS,
    )
    up = replicated(f"{name}.input_mix_weight_up", rank, wide, quantized=False)
    return norm(f"{name}.hc_norm", wide), down, up
