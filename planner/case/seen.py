"""What each layer reads of earlier tokens, and what that takes: attention and states."""

from __future__ import annotations

from math import inf, prod
from typing import TYPE_CHECKING, get_args

import numpy as np

from planner.model.cache import (
    ChunkedLocal,
    CompressedLatent,
    CrossAttention,
    FullAttention,
    Mla,
    SharedCache,
    SlidingWindow,
    WindowLatent,
)
from planner.model.indexer_cache import BlockIndexer, GroupIndexer, PooledIndexer, SparseIndexer
from planner.model.state_cache import StateCache
from planner.speed.work import Attention, State
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.grid import Grid
    from planner.model.cache import CacheSpec
    from planner.units import Floats

#: scores and values: two products of a multiplication and an addition
_PAIR = 4
#: kernels of latent attention beside it: two small products by head
_LATENT_LAUNCHES = 2.0
#: of a chunk, a token sees half on average
_HALF = 0.5


def attention(grid: Grid) -> Iterator[Attention]:
    """The layers that keep tokens, by what they read."""
    model = grid.architecture
    counts = np.bincount(model.kind_of, minlength=len(model.kinds)).tolist()
    element = element_bytes(grid)
    for layer, count in zip(model.kinds, counts, strict=True):
        owned = [cache for cache in layer.caches if not isinstance(cache, SharedCache)]
        for cache in owned or _shared(grid, layer.caches):
            found = _read(grid, cache, float(count), element)
            if found is not None:
                yield found


def states(grid: Grid) -> Iterator[State]:
    """The layers with a state of fixed size."""
    model = grid.architecture
    counts = np.bincount(model.kind_of, minlength=len(model.kinds)).tolist()
    for layer, count in zip(model.kinds, counts, strict=True):
        for cache in layer.caches:
            if isinstance(cache, get_args(StateCache)):
                yield _state(grid, cache, float(count))


def element_bytes(grid: Grid) -> float:
    """Of a number of the KV cache."""
    asked = grid.settings.kv_cache_dtype
    named = grid.quantization.kv_cache_dtype if asked == "auto" else asked
    return 1.0 if named.startswith("fp8") else float(grid.settings.dtype_bytes)


def _shared(grid: Grid, caches: tuple[CacheSpec, ...]) -> list[CacheSpec]:
    """What a layer without a cache of its own reads: like the first that has one."""
    if not any(isinstance(cache, SharedCache) for cache in caches):
        return []
    kept = (cache for layer in grid.architecture.kinds for cache in layer.caches)
    return [next(cache for cache in kept if isinstance(cache, (FullAttention, SlidingWindow)))]


def _read(  # noqa: PLR0911, a branch each kind of cache
    grid: Grid, cache: CacheSpec, count: float, element: float
) -> Attention | None:
    heads = grid.architecture.num_attention_heads / _tp(grid)
    match cache:
        case FullAttention() | SlidingWindow():
            limit = float(cache.window) if isinstance(cache, SlidingWindow) else inf
            width = cache.head_size + cache.head_size_v
            return _heads(grid, (count, limit, element), heads, (cache.kv_heads, width))
        case ChunkedLocal() | CrossAttention():
            limit = cache.chunk * _HALF if isinstance(cache, ChunkedLocal) else inf
            width = 2 * cache.head_size
            return _heads(grid, (count, limit, element), heads, (cache.kv_heads, width))
        case Mla():
            return _latent(cache, count, element, heads)
        case CompressedLatent() | WindowLatent():
            ratio = float(cache.compress_ratio) if isinstance(cache, CompressedLatent) else 1.0
            limit = float(cache.window) if isinstance(cache, WindowLatent) else inf
            return _entries(grid, (count, limit, ratio), cache.head_size * element, cache.head_size)
        case SparseIndexer() | PooledIndexer():
            ratio = cache.compress_ratio if isinstance(cache, SparseIndexer) else cache.pool
            return _entries(grid, (count, inf, ratio), cache.row_bytes, cache.head_dim)
        case BlockIndexer() | GroupIndexer():
            ratio = float(cache.group) if isinstance(cache, GroupIndexer) else 1.0
            return _entries(grid, (count, inf, ratio), 2 * cache.head_dim, cache.head_dim)
        case _:
            return None


def _tp(grid: Grid) -> Floats:
    return grid.layouts.tp[:, np.newaxis].astype(np.float64)


def _heads(
    grid: Grid,
    layer: tuple[float, float, float],
    heads: Floats,
    of: tuple[int, int],
) -> Attention:
    """Keys and values of a rank's heads."""
    count, limit, element = layer
    kv_heads, width = of
    held = np.maximum(kv_heads / _tp(grid), 1.0)
    return Attention(
        count=count,
        limit=limit,
        token_bytes=held * width * element,
        decode_flops=_PAIR / 2 * heads * width,
        prefill_flops=_PAIR / 2 * heads * width,
        prompt_bytes=(heads + held) * width * 2,
        fp8=element == 1,
    )


def _latent(cache: Mla, count: float, element: float, heads: Floats) -> Attention:
    """A latent for all heads: decoding scores it as it is, prompts unpack it for each head."""
    unpacked = cache.qk_nope_head_dim + cache.qk_rope_head_dim + cache.v_head_dim
    bounds = (cache.index_topk, cache.window)
    return Attention(
        count=count,
        limit=float(min((b for b in bounds if b is not None), default=inf)),
        token_bytes=np.full_like(heads, cache.head_size * element),
        decode_flops=_PAIR / 2 * heads * (cache.head_size + cache.kv_lora_rank),
        prefill_flops=_PAIR / 2 * heads * unpacked,
        prompt_bytes=heads * 2 * unpacked * 2,
        fp8=element == 1,
        launches=_LATENT_LAUNCHES,
    )


def _entries(
    grid: Grid, layer: tuple[float, float, float], token_bytes: float, width: int
) -> Attention:
    """Entries that all ranks hold alike."""
    count, limit, ratio = layer
    heads = grid.architecture.num_attention_heads / _tp(grid)
    return Attention(
        count=count,
        limit=limit,
        ratio=float(ratio),
        token_bytes=np.full_like(heads, token_bytes),
        decode_flops=_PAIR / 2 * heads * width,
        prefill_flops=_PAIR / 2 * heads * width,
        prompt_bytes=heads * 2 * width,
    )


def _state(grid: Grid, cache: StateCache, count: float) -> State:
    """Tensors of a rank; each of their numbers is decayed, added to and read."""
    dtype = DTYPE_BYTES[cache.state_dtype] if cache.state_dtype else grid.settings.dtype_bytes
    sizes = {
        tp: sum(prod(shape) for shape in cache.shapes(tp)) for tp in set(grid.layouts.tp.tolist())
    }
    elements = np.array([[sizes[tp]] for tp in grid.layouts.tp.tolist()], dtype=np.float64)
    return State(count=count, state_bytes=elements * dtype, token_flops=elements * _PAIR)
