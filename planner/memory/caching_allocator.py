"""Torch's caching allocator, block by block: what it hands out, keeps and joins again.

Its rules are few and exact, so it is run rather than estimated: a request takes the smallest
free block that fits, else a new segment of the device; what is left of the block is cut off
when it is large enough. One stream, no expandable segments.

Source: torch c10/cuda/CUDACachingAllocator.cpp (round_size, get_allocation_size,
get_free_block, should_split, free_block), torch 2.11
"""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter

from planner.units import MIB

#: torch rounds every request up to this
MIN_BLOCK_BYTES = 512
#: requests up to here share segments of SMALL_SEGMENT_BYTES
SMALL_REQUEST_BYTES = MIB
SMALL_SEGMENT_BYTES = 2 * MIB
#: larger ones below here share segments of LARGE_SEGMENT_BYTES; the rest get their own
OWN_SEGMENT_BYTES = 10 * MIB
LARGE_SEGMENT_BYTES = 20 * MIB
#: a segment of one's own is a whole number of these
SEGMENT_STEP_BYTES = 2 * MIB
#: what is left of a large block is cut off when it is larger than this
SPLIT_REMAINDER_BYTES = MIB
_ORDER = attrgetter("size", "address")


def rounded(tensor_bytes: int) -> int:
    """The bytes torch looks a block up for."""
    return max(MIN_BLOCK_BYTES, -(-tensor_bytes // MIN_BLOCK_BYTES) * MIN_BLOCK_BYTES)


def segment_bytes(size: int) -> int:
    """What torch asks the device for when no free block fits ``size``."""
    if size <= SMALL_REQUEST_BYTES:
        return SMALL_SEGMENT_BYTES
    if size < OWN_SEGMENT_BYTES:
        return LARGE_SEGMENT_BYTES
    return -(-size // SEGMENT_STEP_BYTES) * SEGMENT_STEP_BYTES


def may_take(block: int, size: int, split_limit: int) -> bool:
    """Whether a free block of the large pool is given to a request that it can hold."""
    if size < split_limit:
        return block < split_limit
    return block < size + LARGE_SEGMENT_BYTES


def cut_off(block: int, size: int, split_limit: int) -> int:
    """What is cut off a block of the large pool for others; 0 when it keeps all."""
    rest = block - size
    return rest if size < split_limit and rest > SPLIT_REMAINDER_BYTES else 0


class Block:
    """A part of a segment, between its neighbours."""

    __slots__ = ("address", "after", "before", "free", "size")

    def __init__(self, size: int, address: int) -> None:
        self.size = size
        self.address = address
        self.free = True
        self.before: Block | None = None
        self.after: Block | None = None


class CachingAllocator:
    """The large pool of a device: requests of more than 1 MiB.

    Smaller requests lose nothing but their rounding to 512 bytes, whatever their order.

    >>> device = CachingAllocator(split_limit=20 * 2**20)
    >>> blocks = [device.take(size * 2**20) for size in (6, 6, 7)]
    >>> device.release(blocks[1])
    >>> [block.size // 2**20 for block in blocks], device.take(5 * 2**20).size // 2**20
    ([6, 6, 8], 6)
    """

    def __init__(self, split_limit: int, free: tuple[int, ...] = ()) -> None:
        self.split_limit = split_limit
        self._end = 0
        self._free: list[Block] = []
        for size in free:
            self._put(self._new(size))

    @property
    def free_sizes(self) -> tuple[int, ...]:
        """Bytes of the free blocks, rising."""
        return tuple(block.size for block in self._free)

    @property
    def whole_segments(self) -> tuple[int, ...]:
        """Bytes of the free blocks that are segments: what ``empty_cache`` gives back."""
        return tuple(b.size for b in self._free if b.before is None and b.after is None)

    def take(self, tensor_bytes: int) -> Block:
        """The block of a tensor."""
        size = rounded(tensor_bytes)
        block = self._found(size) or self._new(segment_bytes(size))
        rest = cut_off(block.size, size, self.split_limit)
        if rest:
            block.size -= rest
            other = Block(rest, block.address + block.size)
            other.before, other.after = block, block.after
            if block.after is not None:
                block.after.before = other
            block.after = other
            self._put(other)
        block.free = False
        return block

    def release(self, block: Block) -> None:
        """A tensor is gone: its block joins its free neighbours."""
        if block.before is not None and block.before.free:
            block = self._joined(block.before, block, known=block.before)
        if block.after is not None and block.after.free:
            block = self._joined(block, block.after, known=block.after)
        self._put(block)

    def _joined(self, block: Block, after: Block, *, known: Block) -> Block:
        """Two neighbours as one; ``known`` of them is among the free ones."""
        self._free.remove(known)
        block.size += after.size
        block.after = after.after
        if after.after is not None:
            after.after.before = block
        return block

    def _found(self, size: int) -> Block | None:
        at = bisect_left(self._free, size, key=attrgetter("size"))
        if at == len(self._free) or not may_take(self._free[at].size, size, self.split_limit):
            return None
        return self._free.pop(at)

    def _new(self, size: int) -> Block:
        self._end += size
        return Block(size, self._end - size)

    def _put(self, block: Block) -> None:
        block.free = True
        insort(self._free, block, key=_ORDER)
