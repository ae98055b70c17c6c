"""What blocks a stage's tensors get, in the order in which vLLM builds them.

Large blocks are given whole when little is left of them, so that what a tensor costs depends on
what was built before it: segments of 20 MiB end with up to 1 MiB that the last tensor keeps, and
what the computing of a rotary table leaves free is taken by the next tensors that fit.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from planner.frozen import frozen
from planner.memory.caching_allocator import (
    SMALL_REQUEST_BYTES,
    Block,
    CachingAllocator,
    cut_off,
    may_take,
    rounded,
    segment_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: a rotary table is computed in this many bytes an element before it is cast
_ROTARY_COMPUTE_BYTES = 4
#: cosines and sines; the angles they are computed of are as many as one of them
_HALVES = 2

Free = tuple[int, ...]
"""free blocks of the device, bytes, rising"""


@frozen(kw_only=False)
class Table:
    """A rotary table of ``elements``, kept in ``element_bytes`` each."""

    elements: int
    element_bytes: int

    @property
    def size(self) -> int:
        """Bytes as torch rounds them."""
        return rounded(self.elements * self.element_bytes)


@frozen(kw_only=False)
class Move:
    """A tensor made anew after loading: large tensor ``old`` of its unit, None of the small ones.

    ``size`` is the new one's as torch rounds it, and ``copies`` as large lie beside it meanwhile.
    """

    old: int | None
    size: int
    copies: int = 0


@frozen(kw_only=False)
class Unit:
    """What is built together: a layer, an embedding, a block of an encoder.

    ``before`` and ``after`` are the large tensors before and after its attention has its rotary
    tables, bytes as torch rounds them; a table that the stage has is not built again. ``moves``
    come once all of the stage is built.
    """

    before: tuple[int, ...] = ()
    tables: tuple[Table, ...] = ()
    after: tuple[int, ...] = ()
    moves: tuple[Move, ...] = ()


class Placed(NamedTuple):
    """Bytes lost: in blocks larger than their tensors, and in free parts of segments."""

    wasted: int
    unused: int


def placed(units: Iterable[tuple[Unit, int]], split_limit: int) -> Placed:
    """What units lose that are built one after another, each as often as said.

    Source: as ``planner.memory.caching_allocator``; the order of
    vllm.model_executor.models.llama.LlamaDecoderLayer, .rotary_embedding.get_rope (0.33.0)
    Checked: within 1 KiB of what vLLM 0.26.0 prints for Qwen2.5-0.5B (TP 1 and 2), Qwen2.5-7B,
    Llama-3.1-8B (TP 1 and 4) and Mixtral-8x7B on H200s.

    >>> layer = Unit(before=(6 * 2**20, 9 * 2**19))
    >>> placed([(layer, 28)], 2**62).wasted / 2**20
    2.5
    """
    units = list(units)
    least = min((min(sizes) for unit, _ in units if (sizes := unit.before + unit.after)), default=0)
    wasted, dropped = 0, 0
    free: Free = ()
    whole: list[int] = []
    built: set[Table] = set()
    for unit, times in units:
        left = times
        new = [table for table in unit.tables if table not in built]
        if new and left:
            free, lost = place(free, unit.before, split_limit)
            wasted += lost
            for table in new:
                free, segments, lost = compute(free, table, split_limit)
                whole += segments
                wasted += lost
            free, lost = place(free, unit.after, split_limit)
            wasted += lost
            built.update(new)
            left -= 1
        free, more = _repeated(free, unit.before + unit.after, left, least, split_limit)
        wasted += more.wasted
        dropped += more.unused
    rest = list(free)
    for segment in whole:
        if segment < least:
            dropped -= segment
        elif segment in rest:
            rest.remove(segment)
    return Placed(wasted, dropped + sum(rest))


@lru_cache(maxsize=4096)
def place(free: Free, sizes: tuple[int, ...], split_limit: int) -> tuple[Free, int]:
    """The free blocks once large tensors have theirs, and the bytes these have too many.

    Tensors that stay: their blocks are never joined again, so that sizes are all that counts.
    """
    blocks = list(free)
    wasted = 0
    for size in sizes:
        at = bisect_left(blocks, size)
        if at < len(blocks) and may_take(blocks[at], size, split_limit):
            block = blocks.pop(at)
        else:
            block = segment_bytes(size)
        rest = cut_off(block, size, split_limit)
        if rest:
            insort(blocks, rest)
        else:
            wasted += block - size
    return tuple(blocks), wasted


@lru_cache(maxsize=256)
def compute(free: Free, table: Table, split_limit: int) -> tuple[Free, Free, int]:
    """The free blocks once a rotary table is computed, and what its block has too much.

    Between them come those that it leaves and that are whole segments.
    """
    device = CachingAllocator(split_limit, free)
    kept = build_table(device, table)
    wasted = kept.size - table.size if kept else 0
    return device.free_sizes, _new(device, free), wasted


def build_table(device: CachingAllocator, table: Table) -> Block | None:
    """Compute a rotary table on a device: the block it is kept in, None for a small one.

    Angles, cosines, sines and both together are float32 on the device until the table is cast.

    Source: vllm.model_executor.layers.rotary_embedding.base.RotaryEmbeddingBase.
    _compute_cos_sin_cache, __init__ (0.33.0)
    """
    whole = table.elements * _ROTARY_COMPUTE_BYTES
    if whole // _HALVES <= SMALL_REQUEST_BYTES:
        return device.take(table.size) if table.size > SMALL_REQUEST_BYTES else None
    parts = [device.take(whole // _HALVES) for _ in range(1 + _HALVES)]
    both = device.take(whole)
    for part in parts:
        device.release(part)
    if table.element_bytes == _ROTARY_COMPUTE_BYTES:
        return both
    kept = device.take(table.size)
    device.release(both)
    return kept


def _new(device: CachingAllocator, free: Free) -> Free:
    """Whole segments that were not there before."""
    segments = list(device.whole_segments)
    for block in free:
        if block in segments:
            segments.remove(block)
    return tuple(segments)


@lru_cache(maxsize=4096)
def _repeated(
    free: Free, sizes: tuple[int, ...], times: int, least: int, split_limit: int
) -> tuple[Free, Placed]:
    """Equal units; where the free blocks come round again, so does what is lost."""
    wasted, dropped, done = 0, 0, 0
    seen: dict[Free, tuple[int, int, int]] = {}
    while sizes and done < times:
        useful = free[bisect_left(free, least) :]
        dropped += sum(free) - sum(useful)
        free = useful
        if free in seen:
            before, wasted_before, dropped_before = seen[free]
            rounds = (times - done) // (done - before)
            wasted += rounds * (wasted - wasted_before)
            dropped += rounds * (dropped - dropped_before)
            done += rounds * (done - before)
            seen = {}
            if done == times:
                break
        seen[free] = done, wasted, dropped
        free, lost = place(free, sizes, split_limit)
        wasted += lost
        done += 1
    return free, Placed(wasted, dropped)
