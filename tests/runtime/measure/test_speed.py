from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.runtime.measure.plugin import format_gib
from planner.runtime.measure.speed import summary, together

if TYPE_CHECKING:
    from collections.abc import Iterable


def at(times: Iterable[float], tokens: int = 1) -> list[tuple[float, int]]:
    return [(time, tokens) for time in times]


def test_only_steps_in_which_all_requests_decode_count() -> None:
    # the first decodes beside the prompt of the second, in steps of 5 s, then both in steps of 1 s
    first = [0.0, 5.0, 10.0, *(10.0 + i for i in range(1, 11))]
    second = [10.0 + i for i in range(11)]
    intervals, tokens = together({"a": at(first), "b": at(second)})
    assert intervals == [1.0] * 12
    assert tokens == 1.0


def test_requests_of_two_pipeline_batches_are_timed_each_by_itself() -> None:
    even = [float(i) for i in range(0, 20, 2)]
    odd = [float(i) for i in range(1, 21, 2)]
    intervals, _ = together({"a": at(even), "b": at(odd)})
    assert set(intervals) == {2.0}


def test_drafted_tokens_that_come_together_are_counted() -> None:
    _, tokens = together({"a": at(range(10), 3)})
    assert tokens == 3.0


def test_requests_that_never_decode_together_give_no_step() -> None:
    assert together({"a": at(range(5)), "b": at(range(6, 12))}) == ([], 1.0)


def test_the_median_does_not_follow_one_slow_run() -> None:
    found: dict[str, Any] = summary([0.010, 0.011, 0.010, 0.500, 0.010])
    assert found["seconds"] == 0.010
    assert found["p90_s"] == 0.500
    assert found["count"] == len(found["each_s"]) == 5


def test_many_times_are_told_by_their_spread_alone() -> None:
    found = summary([i / 100 for i in range(1, 102)])
    assert found["seconds"] == pytest.approx(0.51)
    assert (found["p10_s"], found["p90_s"]) == (pytest.approx(0.102), pytest.approx(0.918))
    assert "each_s" not in found
    assert summary([0.2])["p90_s"] == 0.2


def test_sizes_in_the_log_are_told_to_the_kib() -> None:
    shown = float(format_gib(31_505_481_728))
    assert abs(shown * 2**30 - 31_505_481_728) < 1024
