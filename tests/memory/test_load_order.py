from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.memory.build_units import large
from planner.memory.caching_allocator import CachingAllocator, rounded
from planner.memory.load_order import Table, Unit, compute, place, placed
from planner.units import MIB

LOADING = 20 * MIB
NO_LIMIT = 2**62
LIMITS = st.sampled_from([LOADING, NO_LIMIT])
SIZES = st.lists(st.integers(MIB + 1, 40 * MIB), min_size=1, max_size=6).map(
    lambda sizes: tuple(rounded(size) for size in sizes)
)


@given(SIZES, st.integers(0, 60), LIMITS)
def test_many_layers_lose_what_the_device_does_layer_by_layer(
    sizes: tuple[int, ...], layers: int, limit: int
) -> None:
    device = CachingAllocator(limit)
    blocks = [device.take(size).size - size for _ in range(layers) for size in sizes]
    lost = placed([(Unit(before=sizes), layers)], limit)
    assert lost.wasted == sum(blocks)
    assert lost.unused == sum(device.free_sizes)


@given(SIZES, SIZES, st.integers(1, 9), LIMITS)
def test_kinds_of_layers_follow_one_another(
    one: tuple[int, ...], other: tuple[int, ...], times: int, limit: int
) -> None:
    device = CachingAllocator(limit)
    order = (*one, *other * times, *one * 2)
    blocks = [device.take(size).size - size for size in order]
    units = [(Unit(one), 1), (Unit(other), times), (Unit(one), 2)]
    assert placed(units, limit).wasted == sum(blocks)


def test_tensors_up_to_a_mebibyte_lose_their_rounding_only() -> None:
    sizes = np.array([4096, MIB, MIB + 1])
    assert large(sizes, np.ones(3, dtype=np.int64)) == [(), (), (MIB + 512,)]


def test_a_table_is_built_once_whatever_the_layers() -> None:
    table = Table(131072 * 128, 2)
    layer = Unit((48 * MIB, 32 * MIB), (table,), (224 * MIB, 112 * MIB))
    # the two halves of 32 MiB hold the next layer's output projection, all of 64 MiB nothing
    assert placed([(layer, 32)], LOADING).wasted == placed([(layer, 2)], LOADING).wasted


def test_what_computing_a_table_frees_goes_to_tensors_little_smaller() -> None:
    free, whole, wasted = compute((), Table(131072 * 128, 2), LOADING)
    assert free == whole == (32 * MIB, 32 * MIB, 64 * MIB)
    assert wasted == 0
    assert place(free, (48 * MIB,), LOADING) == ((32 * MIB, 32 * MIB), 16 * MIB)


def test_whole_segments_are_given_back_and_parts_are_not() -> None:
    layer = Unit((15 * MIB // 2,) * 2, (Table(131072 * 128, 2),), (32 * MIB,))
    # of each 20 MiB two matrices leave 5; the angles' segment holds the second layer's MLP
    assert placed([(layer, 4)], LOADING).unused == 4 * 5 * MIB


def test_a_table_kept_in_float32_is_not_cast() -> None:
    free, _, _ = compute((), Table(131072 * 128, 4), LOADING)
    assert free == (32 * MIB,) * 3
