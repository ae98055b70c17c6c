from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from planner.memory.caching_allocator import Block, CachingAllocator, rounded
from planner.units import MIB

LOADING = 20 * MIB
NO_LIMIT = 2**62
LIMITS = st.sampled_from([LOADING, NO_LIMIT])
LARGE = st.integers(min_value=MIB + 1, max_value=96 * MIB)


def taken_mib(limit: int, *sizes_mib: float) -> list[float]:
    device = CachingAllocator(limit)
    return [device.take(int(size * MIB)).size / MIB for size in sizes_mib]


def test_the_last_tensor_of_a_segment_keeps_up_to_a_mebibyte() -> None:
    assert taken_mib(NO_LIMIT, 6, 6, 7) == [6, 6, 8]
    assert taken_mib(NO_LIMIT, 6, 6, 6.5, 1.25) == [6, 6, 6.5, 1.5]


def test_segments_of_their_own_are_whole_steps_and_cut_below_the_limit_only() -> None:
    assert taken_mib(NO_LIMIT, 24.5, 31.5, 12.25) == [24.5, 32, 12.25]
    assert taken_mib(LOADING, 24.5, 31.5, 12.25) == [26, 32, 12.25]


def test_a_large_block_is_given_whole_to_a_request_little_smaller() -> None:
    device = CachingAllocator(LOADING)
    device.release(device.take(40 * MIB))
    assert device.take(15 * MIB).size == 16 * MIB
    assert device.take(22 * MIB).size == 40 * MIB


def test_neighbours_that_are_free_become_one() -> None:
    device = CachingAllocator(NO_LIMIT)
    first, second, third = (device.take(6 * MIB) for _ in range(3))
    device.release(first)
    device.release(third)
    assert list(device.free_sizes) == [6 * MIB, 8 * MIB]
    device.release(second)
    assert list(device.free_sizes) == [20 * MIB]


@given(st.lists(LARGE, min_size=1, max_size=30), LIMITS, st.randoms())
def test_blocks_hold_their_tensors_and_all_is_free_in_the_end(
    sizes: list[int], limit: int, order: object
) -> None:
    device = CachingAllocator(limit)
    blocks: list[Block] = [device.take(size) for size in sizes]
    assert all(
        rounded(size) <= block.size < rounded(size) + LOADING
        for size, block in zip(sizes, blocks, strict=True)
    )
    order.shuffle(blocks)  # type: ignore[attr-defined]
    for block in blocks:
        device.release(block)
    assert all(size % (2 * MIB) == 0 for size in device.free_sizes)
