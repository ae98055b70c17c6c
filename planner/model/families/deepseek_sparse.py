"""DeepSeek-V3.2 and GLM-5: latent attention to the tokens that an indexer picks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.blocks import mlp, replicated
from planner.model.decoder import Decoder
from planner.model.families.deepseek import V3_DEFAULTS, sparse_block, sparse_layers
from planner.model.indexer_cache import SparseIndexer
from planner.model.mla import LatentAttention
from planner.model.modules import Linear, Part, Split, Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture, Layer
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("DeepseekV32ForCausalLM", "GlmMoeDsaForCausalLM")
EXAMPLES = {"deepseek-ai/DeepSeek-V3.2": 671_877_944_064, "zai-org/GLM-5": 743_911_218_432}
PREFIX = "self_attn"


def read(keys: Keys) -> Architecture:
    """Layers may share the picks of an earlier one; those have no indexer.

    Source: vllm.models.deepseek_v32.nvidia.model, .attention (0.33.0)
    """
    dsv3 = keys.text("model_type") == "deepseek_v32"
    decoder = Decoder.read(keys, V3_DEFAULTS if dsv3 else None)
    dense = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        whole_in_sequence_parallel=True,
        one_stage_only=True,
    )
    sparse = sparse_block(decoder)
    kinds = {
        (moe, picks): _layer(decoder, sparse if moe else dense, picks=picks)
        for moe in (True, False)
        for picks in (True, False)
    }
    layers = zip(sparse_layers(decoder), _picking_layers(decoder), strict=True)
    return decoder.architecture(
        [kinds[moe, picks] for moe, picks in layers],
        uses_mla=True,
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )


def _picking_layers(decoder: Decoder) -> list[bool]:
    keys, count = decoder.keys, decoder.num_layers
    pattern = keys.raw("index_topk_pattern")
    if pattern is not None:
        return [index >= len(pattern) or pattern[index] != "S" for index in range(count)]
    step = keys.int("index_topk_freq", default=1)
    offset = keys.int("index_skip_topk_offset", default=2)
    return [max(index - offset + 1, 0) % step == 0 for index in range(count)]


def _layer(decoder: Decoder, feed_forward: tuple[Module, ...], *, picks: bool) -> Layer:
    attention = LatentAttention.read(decoder.keys, PREFIX)
    rope = attention.rope(decoder.keys, decoder.max_position)
    modules: tuple[Module, ...] = (*attention.modules(), rope)
    if not decoder.keys.flag("indexer_rope_interleave"):
        # the halves are interleaved otherwise, so the indexer has a table of its own
        modules += (attention.rope(decoder.keys, decoder.max_position, "indexer_rope_emb"),)
    cache = attention.cache(decoder.keys.int("index_topk"))
    if not picks:
        return decoder.layer(modules, feed_forward, rope=False, cache=cache)
    modules += _indexer(decoder, attention)
    layer = decoder.layer(modules, feed_forward, rope=False)
    indexer = SparseIndexer(head_dim=decoder.keys.int("index_head_dim"))
    return replace(layer, caches=(indexer, cache))


def _indexer(decoder: Decoder, attention: LatentAttention) -> tuple[Module, ...]:
    """Whole on each rank."""
    keys = decoder.keys
    heads, head_dim = keys.int("index_n_heads"), keys.int("index_head_dim")
    queries = keys.int("q_lora_rank")
    merged = Linear(
        name=f"{attention.prefix}.indexer.wk_weights_proj",
        inputs=decoder.hidden,
        parts=(Part(head_dim), Part(heads)),
        split=Split.REPLICATED,
        quantized=False,
    )
    return (
        replicated(f"{attention.prefix}.indexer.wq_b", queries, heads * head_dim),
        merged,
        Weight(name=f"{attention.prefix}.indexer.k_norm", shape=(2, head_dim), dtype="float32"),
    )
