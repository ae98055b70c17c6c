"""What attention layers read of their caches, and what scoring takes, on a rank of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.model.cache import (
    ChunkedLocal,
    CompressedLatent,
    FullAttention,
    Mla,
    SlidingWindow,
    WindowLatent,
)
from planner.speed.step import Attention

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.table import Case
    from planner.model.cache import CacheSpec
    from planner.speed.step import Floats
    from planner.units import Ints

_FAR = float(2**40)


def _column(values: Ints) -> Floats:
    return np.asarray(values, dtype=np.float64)[:, np.newaxis]


def attention_of(case: Case) -> Iterator[Attention]:
    """Layers by what they keep and read; states of recurrent layers are small and left out."""
    counts = np.bincount(case.architecture.kind_of, minlength=len(case.architecture.kinds))
    for layer, count in zip(case.architecture.kinds, counts.tolist(), strict=True):
        for kept in layer.caches:
            if (found := _read(case, kept, float(count))) is not None:
                yield found


def _read(case: Case, cache: CacheSpec, count: float) -> Attention | None:
    """What a layer reads of its cache, and what scoring takes."""
    tp, dcp = _column(case.layouts.tp), _column(case.layouts.dcp)
    element = 1.0 if "fp8" in case.kv.dtype else float(case.settings.dtype_bytes)
    heads = case.architecture.num_attention_heads / tp
    match cache:
        case Mla():
            token = np.full_like(tp, cache.head_size * element) / dcp
            wide = cache.qk_nope_head_dim + cache.qk_rope_head_dim + cache.v_head_dim
            reach = min(cache.window or _FAR, cache.index_topk or _FAR)
            return Attention(
                count=count, token_bytes=token, reach=reach, compression=1.0,
                token_flops=2 * heads * wide,
            )  # fmt: skip
        case FullAttention() | SlidingWindow() | ChunkedLocal():
            both = cache.head_size + getattr(cache, "head_size_v", cache.head_size)
            token = np.maximum(cache.kv_heads / tp, 1.0) * both * element / dcp
            window = getattr(cache, "window", None) or getattr(cache, "chunk", None)
            return Attention(
                count=count, token_bytes=token, reach=float(window or _FAR), compression=1.0,
                token_flops=2 * heads * both,
            )  # fmt: skip
        case CompressedLatent() | WindowLatent():
            token = np.full_like(tp, cache.head_size * element)
            return Attention(
                count=count, token_bytes=token, reach=float(getattr(cache, "window", _FAR)),
                compression=float(getattr(cache, "compress_ratio", 1)),
                token_flops=4 * heads * cache.head_size,
            )  # fmt: skip
        case _:
            return None
