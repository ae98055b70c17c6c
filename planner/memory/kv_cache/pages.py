"""The page of each cache of a stage on one rank."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.memory.kv_cache.dtypes import head_bytes, latent_bytes
from planner.memory.kv_cache.indexer_pages import V4_MULTIPLE, indexer_page
from planner.memory.kv_cache.page import CacheKind, Page
from planner.memory.kv_cache.states import state_blocks, state_bytes, state_dtypes
from planner.model.cache import (
    ChunkedLocal,
    CompressedLatent,
    CompressorState,
    CrossAttention,
    FullAttention,
    Mla,
    SlidingWindow,
    WindowLatent,
)
from planner.model.indexer_cache import IndexerCache
from planner.model.state_cache import ShortConvState, StateCache
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.memory.kv_cache.backends import LayerCache
    from planner.memory.kv_cache.block_size import Blocks
    from planner.memory.kv_cache.settings import KvCacheSettings
    from planner.vllm.attention_backend import AttentionBackend

_V4_ROW_BYTES = 584
"""448 B of fp8 latent, 128 B of rotary part and 8 B of scales (DeepSeek-V4)"""
_V4_WINDOW_BLOCK = 64
_COMPRESSOR_BLOCKS = {4: 4, 128: 8}
"""tokens in a compressor's block, by its ratio: its page is as large as a latent's"""


@frozen
class _Stage:
    blocks: Blocks
    settings: KvCacheSettings
    tensor_parallel_size: int
    states: tuple[StateCache, ...]


def stage_pages(
    layers: Sequence[tuple[LayerCache, ...]],
    blocks: Blocks,
    settings: KvCacheSettings,
    tensor_parallel_size: int,
) -> list[tuple[Page, ...]]:
    """The pages of each kind of layer of a stage, one a cache that is kept."""
    specs = {cache.spec for layer in layers for cache in layer}
    stage = _Stage(
        blocks=blocks,
        settings=settings,
        tensor_parallel_size=tensor_parallel_size,
        states=tuple(spec for spec in specs if isinstance(spec, StateCache)),
    )
    page = cache(lambda layer: _page(layer, stage))
    return [tuple(filter(None, map(page, layer))) for layer in layers]


def _page(layer: LayerCache, stage: _Stage) -> Page | None:
    spec, backend = layer.spec, layer.backend
    if isinstance(spec, StateCache):
        return _state_page(spec, stage)
    if backend is None:
        return None
    if isinstance(spec, IndexerCache):
        return indexer_page(spec, backend, stage.blocks.size, stage.settings)
    page: Page | None = None
    match spec:
        case FullAttention() | SlidingWindow() | ChunkedLocal() | CrossAttention():
            page = _heads_page(spec, layer.kv_cache_dtype, backend, stage)
        case Mla():
            page = _latent_page(spec, layer, backend, stage)
        case CompressedLatent() | WindowLatent() | CompressorState():
            page = _v4_page(spec, backend, stage)
    return page


def _heads_page(
    spec: FullAttention | SlidingWindow | ChunkedLocal | CrossAttention,
    name: str,
    backend: AttentionBackend,
    stage: _Stage,
) -> Page:
    """Keys and values of the rank's KV heads; ranks beyond the heads hold copies.

    Source: vllm.model_executor.layers.attention.attention.Attention.get_kv_cache_spec (0.33.0)
    """
    dtype = stage.settings.dtype
    value_size = spec.head_size
    if isinstance(spec, FullAttention | SlidingWindow):
        value_size = spec.head_size_v
    plain = name in ("auto", "float16", "bfloat16")
    page = Page(
        kind=CacheKind.FULL,
        block_size=stage.blocks.size,
        rows=max(1, spec.kv_heads // stage.tensor_parallel_size),
        row_bytes=head_bytes(name, dtype, spec.head_size, value_size),
        format=(spec.head_size, value_size, dtype if plain else name),
        split_above=backend.split_above,
    )
    match spec:
        case SlidingWindow():
            page = replace(page, kind=CacheKind.SLIDING_WINDOW, window=spec.window)
            return _window_page(page, backend, stage.blocks)
        case ChunkedLocal():
            return replace(page, kind=CacheKind.CHUNKED_LOCAL, window=spec.chunk)
        case CrossAttention():
            return replace(page, kind=CacheKind.CROSS)
    return page


def _window_page(page: Page, backend: AttentionBackend, blocks: Blocks) -> Page:
    """A window takes the longest kernel block that is not above attention's page.

    Source: vllm.model_executor.layers.attention.attention._largest_kernel_block_within (0.33.0)
    """
    token_bytes = page.rows * page.row_bytes
    budget = blocks.skipped_padded_bytes or token_bytes * blocks.size
    longest = budget // token_bytes
    sizes = backend.block_sizes
    if not backend.exact:
        sizes = tuple(max(size, longest // size * size) for size in sizes)
    fitting = [size for size in sizes if size <= longest]
    return replace(
        page,
        block_size=max(fitting, default=min(sizes)),
        padded_bytes=blocks.skipped_padded_bytes,
    )


def _latent_page(
    spec: Mla,
    layer: LayerCache,
    backend: AttentionBackend,
    stage: _Stage,
) -> Page:
    """A latent vector a token, the same on every rank.

    Source: vllm.model_executor.layers.attention.mla_attention.MLAAttention.get_kv_cache_spec
    (0.33.0)
    """
    name, dtype = layer.kv_cache_dtype, stage.settings.dtype
    return Page(
        kind=CacheKind.MLA if spec.window is None else CacheKind.SLIDING_WINDOW_MLA,
        block_size=stage.blocks.size,
        rows=1,
        row_bytes=latent_bytes(name, dtype, spec.head_size),
        window=spec.window,
        format=(spec.head_size, name, dtype),
        split_above=backend.split_above,
        stride_rows=backend.stride_rows,
    )


def _v4_page(
    spec: CompressedLatent | WindowLatent | CompressorState,
    backend: AttentionBackend,
    stage: _Stage,
) -> Page:
    """The caches of DeepSeek-V4, whose pages are packed side by side in one block.

    Source: vllm.models.deepseek_v4.attention, .compressor and
    vllm.v1.attention.backends.mla.sparse_swa (0.33.0)
    """
    page = Page(
        kind=CacheKind.SLIDING_WINDOW_MLA,
        block_size=_V4_WINDOW_BLOCK,
        rows=1,
        row_bytes=_V4_ROW_BYTES,
        multiple_of=V4_MULTIPLE,
        split_above=backend.split_above,
        format=(type(spec).__name__,),
    )
    match spec:
        case CompressedLatent():
            return replace(
                page,
                kind=CacheKind.MLA,
                block_size=stage.blocks.size,
                tokens_per_row=spec.compress_ratio,
            )
        case WindowLatent():
            return replace(page, window=spec.window)
    return replace(
        page,
        block_size=_COMPRESSOR_BLOCKS[spec.compress_ratio],
        row_bytes=spec.row_elements * DTYPE_BYTES["float32"],
        window=spec.window,
    )


def _state_page(state: StateCache, stage: _Stage) -> Page:
    """A state, padded to attention's page where the two share a pool.

    Source: vllm.model_executor.layers.mamba.abstract.MambaBase.get_kv_cache_spec (0.33.0)
    """
    settings, size = stage.settings, stage.tensor_parallel_size
    return Page(
        kind=CacheKind.STATE,
        block_size=stage.blocks.state,
        rows=1,
        row_bytes=state_bytes(state, settings, size),
        format=(
            state.shapes(size, settings.speculative_tokens),
            state_dtypes(state, settings),
        ),
        padded_bytes=stage.blocks.state_padded_bytes,
        request_blocks=state_blocks(state, stage.states, settings),
        whole=isinstance(state, ShortConvState) and state.whole,
    )
