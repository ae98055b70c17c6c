"""What the GPU has beyond vLLM's share and all that lies beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.memory.budget import Budget, probability_positive
from planner.memory.interval import Interval
from planner.units import GIB


def column(*ends: float) -> Interval:
    return Interval.of(*(np.array([[int(end * GIB)]]) for end in ends))


NOTHING = column(0, 0, 0)
BUDGET = Budget(
    memory_bytes=80 * GIB,
    budget_bytes=76 * GIB,
    constructed_bytes=np.array([[15 * GIB]]),
    post_load_bytes=np.array([[0]]),
    allocator_bytes=np.array([[0]]),
    activation=column(1, 2, 3),
    graphs=NOTHING,
    non_torch=NOTHING,
    before=column(0.5, 1, 1.5),
    beside=column(1, 2, 3),
)


def test_the_rest_of_the_gpu_holds_what_lies_beside_the_share() -> None:
    spare = BUDGET.spare
    ends = [float(end[0, 0]) / GIB for end in (spare.low, spare.mid, spare.high)]
    assert ends == [-0.5, 1, 2.5]


def test_a_fixed_cache_leaves_more_than_the_share_does() -> None:
    fixed = replace(BUDGET, kv_cache_bytes_fixed=40 * GIB).spare
    assert fixed.mid / GIB == 80 - 15 - 2 - 40 - 3
    assert fixed.mid > BUDGET.spare.mid


def test_the_more_graphs_beside_the_share_the_less_sure() -> None:
    def chance(budget: Budget) -> float:
        spare = budget.spare
        return float(probability_positive(spare.low, spare.mid, spare.high)[0, 0])

    crowded = replace(BUDGET, beside=column(2, 3, 4))
    assert chance(crowded) < chance(BUDGET) < 1
