"""What layouts cost: by dated prices, by the user's own, or unknown and said so."""

from __future__ import annotations

import pytest

from planner import estimate, recommend
from planner.errors import UsageError
from planner.request import request

QWEN_8B = "Qwen/Qwen3-8B"


def test_a_layout_costs_its_own_gpus_at_a_dated_price() -> None:
    (layout,) = estimate(model=QWEN_8B, gpus="2xp5.48xlarge", tensor_parallel_size=4).layouts
    assert layout.cost is not None
    assert layout.cost.usd_per_hour == pytest.approx(55.04 / 2)
    assert layout.cost.price_date == "2026-07-20"


def test_what_is_not_priced_is_null_and_said() -> None:
    answer = recommend(model=QWEN_8B, gpus="2xmi300x", offline=True)
    assert {layout.cost for layout in answer.layouts} == {None}
    assert any("no price of mi300x" in note for note in answer.notes)


def test_an_own_price_counts_and_has_no_date() -> None:
    answer = recommend(model=QWEN_8B, gpus="2xmi300x", price="2.5", offline=True)
    costs = [layout.cost for layout in answer.layouts]
    assert all(cost and cost.price_source == "--price" for cost in costs)
    assert {cost.price_date for cost in costs if cost} == {None}
    assert not any("no price" in note for note in answer.notes)


def test_lists_are_typed_with_commas_or_as_sequences() -> None:
    asked = request(model="m", among="H100,L40S", growth="2,10x", price=["2.5", "H100=3"])
    assert asked.goal.among == ("H100", "L40S")
    assert asked.goal.growth == (2.0, 10.0)
    assert asked.goal.price == ("2.5", "H100=3")


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "fast"},
        {"max_cost": 0},
        {"min_throughput": -1},
        {"spare": -1},
        {"growth": "x"},
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        request(model="m", **options)
