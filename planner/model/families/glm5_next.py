"""GLM-5.3 Flash: delta attention, latent attention to picked pools, four residual streams."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Layer
from planner.model.blocks import mlp, norms, replicated
from planner.model.decoder import LAYER_NORMS, Decoder
from planner.model.delta_blocks import KimiDelta
from planner.model.families.deepseek import sparse_block
from planner.model.indexer_cache import PooledIndexer, PoolTail
from planner.model.mla import LatentAttention
from planner.model.modules import Linear, Weight
from planner.model.residual_streams import ResidualStreams
from planner.model.towers import glm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Glm5NextForConditionalGeneration", "Glm5NextForCausalLM")
EXAMPLES = {"zai-org/GLM-5.3-Flash": 313_786_901_310}
"""without the layer that predicts further tokens"""
DEFAULTS: dict[str, Any] = {
    "vocab_size": 154880,
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "moe_intermediate_size": 2048,
    "num_hidden_layers": 45,
    "num_attention_heads": 64,
    "n_shared_experts": 1,
    "n_routed_experts": 288,
    "num_experts_per_tok": 8,
    "kv_lora_rank": 512,
    "q_lora_rank": 1536,
    "qk_rope_head_dim": 0,
    "qk_nope_head_dim": 256,
    "v_head_dim": 256,
    "max_position_embeddings": 1048576,
    "index_topk": 2048,
    "index_head_dim": 128,
    "index_n_heads": 32,
    "index_kpool": 16,
    "linear_head_dim": 128,
    "linear_num_heads": 64,
    "linear_conv_kernel_dim": 4,
    "linear_lower_bound": -5.0,
    "hc_mult": 4,
    "topk_method": "noaux_tc",
    "mhc": True,
}
"""transformers.Glm5NextTextConfig (5.23), and what vLLM's class asks for beside it"""
_DENSE_LAYERS = 3
_LATENT_EVERY = 4

_Mixer = tuple[tuple["Module", ...], tuple["CacheSpec", ...]]


def read(keys: Keys) -> Architecture:
    """The text model, and the encoder where the file describes one.

    vLLM does not run it in pipeline stages.
    Source: vllm.models.glm5next.common.model, .attention, .kda (0.33.0)
    """
    nested = "text_config" in keys
    text_keys = keys.part("text_config") if nested else keys
    text = _text(Decoder.read(text_keys, DEFAULTS))
    if not nested:
        return text
    positions = text_keys.with_defaults(DEFAULTS).int("max_position_embeddings")
    tower = glm.glm5_next(keys.part("vision_config"), positions)
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)


def _text(decoder: Decoder) -> Architecture:
    keys, hidden = decoder.keys, decoder.hidden
    dense = mlp(hidden=hidden, intermediate=decoder.intermediate, whole_in_sequence_parallel=True)
    sparse = sparse_block(decoder)
    mixers = {True: _delta(decoder), False: _latent(decoder)}
    around = norms(hidden, *LAYER_NORMS)
    if keys.flag("mhc"):
        streams = ResidualStreams(count=keys.int("hc_mult"), hidden=hidden)
        around = (*around, *streams.mixers("hc_attn"), *streams.mixers("hc_ffn"))
    layers = []
    for is_delta, is_sparse in zip(_delta_layers(decoder), _sparse_layers(decoder), strict=True):
        modules, caches = mixers[is_delta]
        block = sparse if is_sparse else dense
        layers.append(Layer(modules=(*modules, *block, *around), caches=caches))
    return replace(decoder, tied=False).architecture(
        layers,
        uses_mla=True,
        supports_pp=False,
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _delta_layers(decoder: Decoder) -> list[bool]:
    types = decoder.layer_types
    if types:
        return [name == "linear_attention" for name in types]
    return [(index + 1) % _LATENT_EVERY != 0 for index in range(decoder.num_layers)]


def _sparse_layers(decoder: Decoder) -> list[bool]:
    kinds = decoder.keys.per_layer("mlp_layer_types", decoder.num_layers)
    if kinds:
        return [kind == "sparse" for kind in kinds]
    return [index >= _DENSE_LAYERS for index in range(decoder.num_layers)]


def _delta(decoder: Decoder) -> _Mixer:
    keys = decoder.keys
    delta = KimiDelta(
        hidden=decoder.hidden,
        num_heads=keys.int("linear_num_heads"),
        head_dim=keys.int("linear_head_dim"),
        conv_kernel=keys.int("linear_conv_kernel_dim"),
        full_rank_gate=False,
        bounded_gate=keys.raw("linear_lower_bound") is not None,
    )
    return _unquantized(delta.modules()), (delta.cache(),)


def _latent(decoder: Decoder) -> _Mixer:
    """Every such layer has an indexer; in a file without one, all tokens are attended to."""
    keys = decoder.keys
    latent = LatentAttention.read(keys)
    modules = latent.modules()
    if latent.qk_rope_head_dim:
        modules += (latent.rope(keys, decoder.max_position),)
    topk = keys.optional_int("index_topk")
    if topk is None:
        return _unquantized(modules), (latent.cache(),)
    size, pool = keys.int("index_head_dim"), keys.int("index_kpool")
    modules += _indexer(decoder, latent.prefix, size, pool)
    caches = (PooledIndexer(head_dim=size, pool=pool), PoolTail(head_dim=size, pool=pool))
    return _unquantized(modules), (*caches, latent.cache(topk))


def _indexer(decoder: Decoder, prefix: str, size: int, pool: int) -> tuple[Module, ...]:
    """Whole on each rank.

    Source: vllm.models.glm5next.common.attention.Indexer (0.33.0)
    """
    keys, hidden, name = decoder.keys, decoder.hidden, f"{prefix}.indexer"
    heads = keys.int("index_n_heads")
    ape, gate = f"{name}.index_kpool_compress_ape", f"{name}.index_kpool_compress_gate"
    return (
        Weight(name=ape, shape=(pool, size), dtype="float32"),
        Weight(name=gate, shape=(size, hidden), dtype="bfloat16"),
        replicated(f"{name}.wq_b", keys.int("q_lora_rank"), heads * size),
        replicated(f"{name}.wk_weights_proj", hidden, size + heads),
        Weight(name=f"{name}.k_norm", shape=(2, size), dtype="float32"),
    )


def _unquantized(modules: Iterable[Module]) -> tuple[Module, ...]:
    """Attention stays in 16 bits, whatever the checkpoint says."""
    return tuple(
        replace(module, quantized=False) if isinstance(module, Linear) else module
        for module in modules
    )
