"""What torch's caching allocator makes of a tensor: blocks, and segments of the device.

There are three byte counts: of the tensors, of the blocks torch hands out (vLLM's line
``Model loading took`` sums these), and of the segments it takes from the device (what the
budget loses from 0.27 on).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.units import MIB, IntLike, Ints, round_up

if TYPE_CHECKING:
    from collections.abc import Iterable

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
#: what is left of a block is cut off when it is larger than this
SPLIT_REMAINDER_BYTES = MIB
#: a rotary table is computed in this many bytes an element before it is cast
_ROTARY_COMPUTE_BYTES = 4


@frozen
class AllocatorLoss:
    """Bytes above the sum of the tensors' own, on one rank: Int64[rows, stages]."""

    allocated_bytes: Ints
    """in the blocks torch counts as allocated: belongs to vLLM's weights line"""
    reserved_bytes: Ints
    """in segments beyond those blocks: lost to the device, counted from 0.27 on"""


def block_bytes(tensor_bytes: IntLike, split_limit: int) -> Ints:
    """The block torch hands out for one tensor: Int64, the shape of ``tensor_bytes``.

    From 10 MiB a request gets a segment of whole 2 MiB. What is left of it is cut off when it
    is over 1 MiB and the request lies below ``split_limit``; otherwise the block keeps it. vLLM's
    loader sets that limit to 20 MiB from 0.21 on, whichever the model runner; before it is
    torch's, none. Smaller requests are cut from shared segments; the end of such a segment (at
    most 1 MiB) stays with the last block cut from it and is not counted, it depends on the order.

    Source: torch c10/cuda/CUDACachingAllocator.cpp (round_size, get_allocation_size,
    should_split), torch 2.11; vllm.v1.worker.gpu_worker.Worker._scoped_allocator_max_split (0.21.0,
    0.33.0; absent in 0.20.0)
    Checked: Qwen2.5-7B on an H200 prints 99.06 MiB above its tensors, this gives 99.00;
    Mixtral-8x7B TP2 2.06, this gives 2.00.

    >>> [int(block_bytes(size * 2**19, 20 * 2**20)) // 2**19 for size in (49, 31, 2)]
    [52, 32, 2]
    """
    rounded = round_up(np.asarray(tensor_bytes, dtype=np.int64), MIN_BLOCK_BYTES)
    segment = round_up(rounded, SEGMENT_STEP_BYTES)
    cut = (rounded < split_limit) & (segment - rounded > SPLIT_REMAINDER_BYTES)
    return np.where((rounded < OWN_SEGMENT_BYTES) | cut, rounded, segment)


def allocator_bytes(
    tensor_bytes: Iterable[Ints],
    counts: Iterable[Ints],
    *,
    split_limit: int,
) -> AllocatorLoss:
    """What rounding costs over all tensors of a rank.

    ``tensor_bytes`` yields Int64[rows], one column a kind of tensor; ``counts`` yields how many
    of that kind each stage holds, Int64[rows, stages]. Remainders that were cut off are taken
    to be filled by smaller tensors as far as these reach.

    Source: as ``block_bytes``.
    """
    sizes = np.stack(list(tensor_bytes))
    block = block_bytes(sizes, split_limit)
    is_small = block <= SMALL_REQUEST_BYTES
    is_own = block >= OWN_SEGMENT_BYTES
    each = np.stack(
        [
            block - sizes,
            np.where(is_small, block, 0),
            np.where(is_small | is_own, 0, block),
            np.where(is_own, -block % SEGMENT_STEP_BYTES, 0),
        ]
    )
    total = np.zeros((len(each), 1, 1), dtype=np.int64)
    for column, count in zip(each.swapaxes(0, 1), counts, strict=True):
        total = total + column[:, :, None] * count
    rounding, small, shared, remainders = total
    ends = -small % SMALL_SEGMENT_BYTES
    ends = ends + -np.maximum(shared - remainders, 0) % LARGE_SEGMENT_BYTES
    unfilled = np.maximum(remainders - shared, 0)
    return AllocatorLoss(allocated_bytes=rounding, reserved_bytes=ends + unfilled)


def rotary_leftover_bytes(
    rotary_elements: IntLike,
    tensor_bytes: Iterable[IntLike],
    split_limit: int,
) -> Ints:
    """Bytes lost when weights move into the blocks that computing a rotary table left behind.

    vLLM computes cosines and sines in fp32 on the device: two halves and the whole table are
    free again once the 16-bit table exists. A block of 20 MiB or more is never cut, and is given
    to a tensor that is at most 20 MiB smaller, with all its bytes. ``tensor_bytes`` are the
    sizes of a layer's tensors on this rank in the order in which they are built after the
    table (MLP, then the next layer's attention); ``rotary_elements`` is positions x rotary
    dimensions, 0 without such a table.

    Source: vllm.model_executor.layers.rotary_embedding.base.RotaryEmbeddingBase.
    _compute_cos_sin_cache (0.33.0); torch CUDACachingAllocator.get_free_block
    Checked: Llama-3.1-8B on H200s: 16 MiB at TP1 and 16 of the 19 MiB at TP4.
    """
    table = np.asarray(rotary_elements, dtype=np.int64) * _ROTARY_COMPUTE_BYTES
    sizes = [np.asarray(size, dtype=np.int64) for size in tensor_bytes]
    halves = _reuse_loss(table // 2, sizes, split_limit)
    return halves * 2 + _reuse_loss(table, sizes, split_limit)


def _reuse_loss(block: Ints, sizes: list[Ints], split_limit: int) -> Ints:
    """What the first tensor that fits a free block wastes of it."""
    loss: Ints = np.zeros_like(block)
    taken = block < split_limit
    for size in sizes:
        if (size < split_limit).all():
            continue
        own = block_bytes(size, split_limit)
        fits = (size >= split_limit) & (own <= block) & (block < size + LARGE_SEGMENT_BYTES)
        loss = np.where(fits & ~taken, block - own, loss)
        taken = taken | fits
    return loss
