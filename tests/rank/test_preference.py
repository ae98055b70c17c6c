"""Limits before the objective, the interval as the margin, near scores alike."""

from __future__ import annotations

import numpy as np
import pytest

from planner.rank.pareto import front, knee
from planner.rank.preference import (
    MAY_MEET,
    MISSES,
    SURE,
    Limits,
    Offered,
    Span,
    best_load,
    score,
    standing,
    tiers,
)


def span(mid: list[float], margin: float = 0.3) -> Span:
    column = np.asarray(mid, dtype=float)
    return Span(low=column * (1 - margin), mid=column, high=column * (1 + margin))


def offered(tpot_s: list[float], rate: list[float], gpus: list[int]) -> Offered:
    return Offered(
        ttft_s=span([0.2] * len(gpus)),
        tpot_s=span(tpot_s),
        output_tokens_per_s=span(rate),
        gpus=np.asarray(gpus),
    )


def test_a_limit_met_by_the_middle_alone_may_be_met() -> None:
    """Its end is three tenths above: up to a fifth above the limit it counts as kept."""
    some = offered([0.040, 0.048, 0.060], [1.0] * 3, [1] * 3)
    assert standing(some, Limits(tpot_s=0.05)).tolist() == [SURE, MAY_MEET, MISSES]


def test_the_least_throughput_is_a_limit_from_below() -> None:
    some = offered([0.04] * 3, [120.0, 105.0, 90.0], [1] * 3)
    assert standing(some, Limits(output_tokens_per_s=100)).tolist() == [SURE, MAY_MEET, MISSES]


def test_the_worst_of_several_limits_counts() -> None:
    some = offered([0.02], [90.0], [1])
    assert standing(some, Limits(tpot_s=0.05, output_tokens_per_s=100)).tolist() == [MISSES]


def test_each_objective_weighs_something_else() -> None:
    some = offered([0.02, 0.04], [1000.0, 1200.0], [8, 4])
    assert [int(np.argmin(score(some, each, 256))) for each in ("throughput", "latency")] == [1, 0]
    assert score(some, "cost", 256)[0] / score(some, "cost", 256)[1] == pytest.approx(2.4)


def test_of_the_loads_that_surely_meet_a_limit_the_best_is_taken() -> None:
    mid = np.array([[0.02, 0.04, 0.06], [0.049, 0.08, 0.1], [0.2, 0.3, 0.1]])
    rate = np.array([[100.0, 300.0, 500.0]] * 3)
    some = Offered(
        ttft_s=Span(low=mid, mid=mid, high=mid),
        tpot_s=Span(low=mid * 0.7, mid=mid, high=mid * 1.3),
        output_tokens_per_s=Span(low=rate, mid=rate, high=rate),
        gpus=np.ones_like(mid, dtype=np.int64),
    )
    chosen = best_load(some, Limits(tpot_s=0.05), score(some, "throughput", 256))
    # the second only may, the third misses by least at its last
    assert chosen.tolist() == [1, 0, 2]


def test_scores_near_each_other_are_one_tier_and_keys_part_tiers() -> None:
    weight = np.array([1.0, 1.009, 1.2, 0.5])
    order, tier = tiers([np.array([0, 0, 0, 1])], weight)
    assert order.tolist() == [0, 1, 2, 3]
    assert tier.tolist() == [0, 0, 1, 2]


def test_no_entries_have_no_tiers() -> None:
    order, tier = tiers([np.zeros(0, dtype=np.int64)], np.zeros(0))
    assert (order.tolist(), tier.tolist()) == ([], [])


def test_the_front_holds_what_nothing_beats_in_both() -> None:
    tpot = np.array([0.01, 0.02, 0.02, 0.04, 0.08])
    per_gpu = np.array([10.0, 40.0, 35.0, 30.0, 50.0])
    assert front(tpot, per_gpu).tolist() == [0, 1, 4]


def test_the_knee_is_where_more_throughput_begins_to_cost_more_than_it_brings() -> None:
    tpot = np.array([0.01, 0.011, 0.02, 0.2])
    per_gpu = np.array([10.0, 80.0, 90.0, 100.0])
    assert knee(tpot, per_gpu) == 1
    assert knee(tpot[:1], per_gpu[:1]) == 0
