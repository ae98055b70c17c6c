"""What is bought and chosen from, as tables."""

from __future__ import annotations

import pytest

from planner.plan import Answer, Cost, ParetoPoint, Performance, Purchase
from planner.report import markdown, table
from planner.report.base import Page
from planner.report.parts.gains import cost_text, usd


def purchase(load: float = 1.0, *, priced: bool = True, meets: str = "surely") -> Purchase:
    cost = Cost(
        usd_per_hour=13.76 * load, usd_per_million_output_tokens=1.5, price_date="2026-07-20"
    )
    return Purchase.model_validate(
        {
            **dict.fromkeys(
                ("tensor_parallel_size", "pipeline_parallel_size", "decode_context_parallel_size"),
                1,
            ),
            "data_parallel_size": 1,
            "expert_parallel": False,
            "load": load,
            "gpus": "2xp5.4xlarge",
            "gpus_bought": int(2 * load),
            "servers": int(load),
            "spare_servers": 1,
            "gpus_per_server": 1,
            "meets": meets,
            "performance": Performance(
                ttft_ms=185.0, tpot_ms=43.5, output_tokens_per_s=1280.0, basis="calibrated"
            ),
            "cost": cost if priced else None,
        }
    )


def answer(*purchases: Purchase) -> Answer:
    return Answer(command="recommend", vllm_version="0.33", purchases=purchases)


def test_larger_loads_stand_in_a_table_of_their_own() -> None:
    text = table.render(answer(purchase(), purchase(10)), Page())
    assert "what serves the load" in text
    assert text.index("for larger loads") < text.index("10x")
    assert "1+1" in text


def test_what_has_no_price_or_may_miss_says_so() -> None:
    for report in (table, markdown):
        text = report.render(answer(purchase(priced=False), purchase(meets="may")), Page())
        assert "no price" in text
        assert "may miss" in text


def test_nothing_that_serves_is_said() -> None:
    assert "nothing serves it" in table.render(answer(), Page())


def test_the_knee_of_the_front_is_marked() -> None:
    sizes = purchase().model_dump(
        include={"tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"}
    )
    points = tuple(
        ParetoPoint(
            **sizes,
            expert_parallel=False,
            decode_context_parallel_size=1,
            gpus="8xH100",
            gpus_used=8,
            concurrency=load,
            tpot_ms=10.0 * load,
            ttft_ms=40.0,
            output_tokens_per_s_per_gpu=100.0 * load,
            knee=load == 2,
        )
        for load in (1, 2)
    )
    some = Answer(command="recommend", vllm_version="0.33", pareto=points)
    for report in (table, markdown):
        knees = [line for line in report.render(some, Page()).splitlines() if "knee" in line]
        assert len(knees) == 1
        assert "20.0" in knees[0]


@pytest.mark.parametrize(
    ("amount", "text"), [(17062.4, "$17,062"), (27.516, "$27.52"), (0.0834, "$0.0834")]
)
def test_money_is_written_as_people_write_it(amount: float, text: str) -> None:
    assert usd(amount) == text


def test_a_cost_names_who_asks_it() -> None:
    cost = Cost(
        usd_per_hour=55.04,
        usd_per_million_output_tokens=0.75,
        price_source="aws p5.48xlarge",
        price_date="2026-07-20",
    )
    expected = "$55.04 an hour, $0.75 a million output tokens (aws p5.48xlarge, 2026-07-20)"
    assert cost_text(cost) == expected
