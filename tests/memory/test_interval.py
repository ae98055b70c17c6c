from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.memory.interval import Interval

sizes = st.integers(min_value=0, max_value=2**45)
intervals = st.builds(Interval.of, sizes, sizes, sizes)


def ordered(interval: Interval) -> bool:
    return bool(np.all(interval.low <= interval.mid) and np.all(interval.mid <= interval.high))


@given(intervals, intervals)
def test_every_operation_keeps_the_ends_in_order(one: Interval, other: Interval) -> None:
    results = (one + other, one.maximum(other), one.minus(other), one.beyond(other), one.times(3))
    assert all(ordered(result) for result in results)


@given(intervals, intervals)
def test_what_is_set_aside_and_what_is_left_cover_the_size(one: Interval, other: Interval) -> None:
    left = one.beyond(other)
    assert (left.mid + other.mid >= one.mid).all()
    assert (left.low == 0).all() or (one.low > other.high).all()


def test_columns_broadcast_to_rows_and_stages() -> None:
    rows = Interval.exact(np.array([[1], [2]]))
    stages = Interval.exact(np.array([10, 20, 30]))
    assert (rows + stages).mid.tolist() == [[11, 21, 31], [12, 22, 32]]
    assert (rows + stages).shape == (2, 3)


def test_a_mask_leaves_nothing_where_it_does_not_hold() -> None:
    masked = Interval.of(1, 2, 3).where(np.array([True, False]))
    assert (masked.low.tolist(), masked.high.tolist()) == ([1, 0], [3, 0])
