"""The pages of indexers: the keys by which sparse attention picks tokens, pools or blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.memory.kv_cache.page import CacheKind, Page
from planner.model.indexer_cache import (
    BlockIndexer,
    GroupIndexer,
    GroupTail,
    PooledIndexer,
    PoolTail,
)
from planner.units import DTYPE_BYTES, ceil_div, round_up

if TYPE_CHECKING:
    from planner.memory.kv_cache.settings import KvCacheSettings
    from planner.model.indexer_cache import IndexerCache
    from planner.vllm.attention_backend import AttentionBackend

V4_MULTIPLE = 576
"""bytes to whose multiple kernels of DeepSeek-V4 want a page"""
_TAIL_ROWS = 2
"""a key and its gate"""


def indexer_page(
    spec: IndexerCache,
    backend: AttentionBackend,
    block_size: int,
    settings: KvCacheSettings,
) -> Page:
    """The page of an indexer's cache, the same on every rank.

    Source: ``get_kv_cache_spec`` of vllm.model_executor.models.deepseek_v2
    .DeepseekV32IndexerCache, vllm.models.minimax_m3.common.indexer.MiniMaxM3IndexerCache,
    vllm.models.glm5next.common.attention.Glm5NextIndexerCache (0.33.0)
    """
    if isinstance(spec, PoolTail | GroupTail):
        return _ring_page(spec, settings.speculative_tokens)
    page = Page(
        kind=CacheKind.MLA,
        block_size=block_size,
        rows=1,
        row_bytes=spec.head_dim * DTYPE_BYTES[settings.dtype],
        format=(spec.head_dim, settings.dtype),
        split_above=backend.split_above,
        block_outermost=backend.block_outermost,
    )
    if isinstance(spec, BlockIndexer):
        return page
    if isinstance(spec, GroupIndexer):
        return replace(page, tokens_per_row=spec.group)
    page = replace(page, row_bytes=spec.row_bytes, format=(spec.head_dim, "uint8"))
    if isinstance(spec, PooledIndexer):
        return replace(page, tokens_per_row=spec.pool)
    multiple = V4_MULTIPLE if spec.compress_ratio > 1 else None
    return replace(page, tokens_per_row=spec.compress_ratio, multiple_of=multiple)


def _ring_page(spec: PoolTail | GroupTail, speculative_tokens: int) -> Page:
    """One ring a request, in 16 bits: drafts must not overwrite what a redo reads.

    Source: vllm.models.glm5next.common.attention.Glm5NextTailCache.get_kv_cache_spec,
    vllm.models.qwen4_exp.common.qsa_cache.QSAKeyStateCache.get_kv_cache_spec,
    vllm.v1.kv_cache_interface.CircularBufferSpec (0.33.0)
    """
    if isinstance(spec, PoolTail):
        pools = ceil_div(spec.pool + speculative_tokens, spec.pool)
        tokens = spec.pool * (1 << (pools - 1).bit_length())
        rows, elements = _TAIL_ROWS, spec.head_dim
    else:
        tokens = round_up(spec.group + speculative_tokens, spec.group)
        rows, elements = 1, spec.row_elements
    return Page(
        kind=CacheKind.CIRCULAR,
        block_size=tokens,
        rows=rows,
        row_bytes=elements * DTYPE_BYTES["bfloat16"],
        format=(elements,),
        request_blocks=1,
        block_outermost=True,
    )
