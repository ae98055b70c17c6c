"""A page: one block of one layer's cache on one rank, and what a request takes of them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from math import gcd

import numpy as np

from planner.frozen import frozen
from planner.units import IntLike, ceil_div, round_up


class CacheKind(StrEnum):
    """How a cache grows with a request's length.

    Source: vllm.v1.kv_cache_interface.KVCacheSpecKind (0.33.0)
    """

    FULL = "full_attention"
    MLA = "mla_attention"
    SLIDING_WINDOW = "sliding_window"
    SLIDING_WINDOW_MLA = "sliding_window_mla"
    CHUNKED_LOCAL = "chunked_local_attention"
    STATE = "mamba"
    CIRCULAR = "circular_buffer"
    CROSS = "cross_attention"

    @property
    def is_full(self) -> bool:
        """Whether every token is kept: these may share a group."""
        return self in (CacheKind.FULL, CacheKind.MLA)

    @property
    def is_window(self) -> bool:
        """Whether the last tokens are kept."""
        return self in (CacheKind.SLIDING_WINDOW, CacheKind.SLIDING_WINDOW_MLA)


@frozen
class Page:
    """One block of one layer on one rank. Equal pages may share a group.

    Attributes:
        kind: how the cache grows.
        block_size: tokens.
        rows: rows a stored token takes: KV heads, or 1.
        row_bytes: bytes of a row; of a whole state.
        tokens_per_row: tokens that share a stored row (DeepSeek-V4).
        window: tokens of the window or chunk; None for none.
        format: what else must agree within a group: heads, head sizes and dtype.
        padded_bytes: the page as padded to that of other layers.
        multiple_of: bytes to whose multiple a page is rounded (DeepSeek-V4).
        split_above: tokens above which kernels split the block.
        stride_rows: rows of which whole pages lie between blocks.
        retained: tokens that a window keeps longer for a drafter.
        request_blocks: blocks a request takes, where that is fixed (states, rings).
        block_outermost: pages of all layers lie side by side in a block.
        whole: a state that tensor parallelism does not divide.
    """

    kind: CacheKind
    block_size: int
    rows: int
    row_bytes: int
    tokens_per_row: int = 1
    window: int | None = None
    format: tuple[object, ...] = ()
    padded_bytes: int | None = None
    multiple_of: int | None = None
    split_above: int | None = None
    stride_rows: int | None = None
    retained: int = 0
    request_blocks: int | None = None
    block_outermost: bool = False
    whole: bool = False

    @property
    def unpadded_bytes(self) -> int:
        """What the rows take.

        Source: vllm.v1.kv_cache_interface.AttentionSpec.unpadded_page_size_bytes (0.33.0)
        """
        if self.kind is CacheKind.STATE:
            return self.row_bytes
        return self.rows * (self.block_size // self.tokens_per_row) * self.row_bytes

    @property
    def page_bytes(self) -> int:
        """What the page takes.

        >>> Page(kind=CacheKind.FULL, block_size=16, rows=8, row_bytes=512).page_bytes
        65536
        """
        if self.padded_bytes is not None:
            return self.padded_bytes
        return round_up(self.unpadded_bytes, self.multiple_of or 1)

    @property
    def stride_multiple(self) -> int:
        """Bytes between blocks are a multiple of this: a whole kernel block.

        Source: vllm.v1.kv_cache_interface.KVCacheSpec.get_block_stride_alignment (0.33.0)
        """
        if self.stride_rows is not None:
            return self.stride_rows * self.row_bytes
        if self.split_above is None or self.kind is CacheKind.STATE:
            return 1
        kernel_block = gcd(self.split_above, self.block_size)
        return 1 if kernel_block == self.block_size else self.resized(kernel_block).page_bytes

    @property
    def stride_bytes(self) -> int:
        """Bytes from one block of the layer to the next, where each layer lies by itself."""
        return round_up(self.page_bytes, self.stride_multiple)

    @property
    def merge_key(self) -> Page:
        """Equal where vLLM merges two layers' caches: full attention merges over windows.

        Source: vllm.v1.kv_cache_interface.FullAttentionSpec.merge (0.33.0)
        """
        return replace(self, window=None) if self.kind is CacheKind.FULL else self

    def resized(self, block_size: int) -> Page:
        """The same cache in blocks of another length."""
        return replace(self, block_size=block_size)

    def same_type(self, other: Page) -> bool:
        """Whether both always need the same number of token slots.

        Source: vllm.v1.kv_cache_interface.UniformTypeKVCacheSpecs.is_uniform_type and the
        specs' is_uniform_with_collection (0.33.0)
        """
        if self.block_size != other.block_size:
            return False
        if self.kind.is_full:
            return other.kind.is_full
        if self.kind.is_window:
            allowed = self.kind is other.kind or self.kind is CacheKind.SLIDING_WINDOW
            return allowed and other.kind.is_window and self.window == other.window
        if self.kind is CacheKind.STATE:
            return other.kind is self.kind and (
                self.request_blocks,
                self.page_bytes,
                self.whole,
            ) == (other.request_blocks, other.page_bytes, other.whole)
        return other.kind is self.kind and self.window == other.window


def blocks_of_request(
    page: Page,
    tokens: IntLike,
    *,
    in_flight_tokens: IntLike,
    decode_context_parallel_size: IntLike = 1,
    encoder_tokens: IntLike = 0,
) -> IntLike:
    """Blocks that one request of ``tokens`` tokens takes; numbers or columns.

    A window keeps its last tokens and all that are in flight, and may start within a block;
    a full cache is divided over the ranks of decode context parallelism.
    Source: ``max_memory_usage_bytes`` and ``max_admission_blocks_per_request`` of
    vllm.v1.kv_cache_interface (0.33.0)

    >>> window = Page(
    ...     kind=CacheKind.SLIDING_WINDOW, block_size=16, rows=1, row_bytes=1, window=128
    ... )
    >>> blocks_of_request(window, 131_072, in_flight_tokens=16_384)
    1033
    """
    if page.request_blocks is not None:
        return page.request_blocks
    if page.kind is CacheKind.CROSS:
        return ceil_div(encoder_tokens, page.block_size)
    if page.kind.is_full:
        return ceil_div(ceil_div(tokens, decode_context_parallel_size), page.block_size)
    kept = (page.window or 0) + in_flight_tokens
    if page.kind is CacheKind.CHUNKED_LOCAL:
        return ceil_div(_smaller(kept, tokens), page.block_size)
    return ceil_div(_smaller(kept - 1 + page.retained, tokens), page.block_size) + 1


def _smaller(first: IntLike, second: IntLike) -> IntLike:
    if isinstance(first, int) and isinstance(second, int):
        return min(first, second)
    return np.minimum(first, second)
