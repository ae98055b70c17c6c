"""Which hardware serves a load: the cheapest first, within limits, for larger loads too."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from planner import recommend
from planner.errors import ExitCode, UsageError
from planner.hardware.cluster import parse_cluster

if TYPE_CHECKING:
    from planner.plan import Answer, Purchase

QWEN_32B = "Qwen/Qwen3-32B"
AMONG = "L40S,p5.4xlarge,p5.48xlarge"


def shopped(**options: object) -> Answer:
    return recommend(**{"model": QWEN_32B, "among": AMONG, "offline": True, **options})


def bought(**options: object) -> tuple[Purchase, ...]:
    return shopped(**options).purchases or ()


def dollars(purchase: Purchase) -> float:
    return purchase.cost.usd_per_hour if purchase.cost else float("inf")


def test_what_serves_a_load_comes_cheapest_first_with_dated_prices() -> None:
    some = bought(concurrency=40, tpot_ms=60)
    assert [dollars(each) for each in some] == sorted(dollars(each) for each in some)
    assert len(some) > 1
    assert {each.cost.price_date for each in some if each.cost} == {"2026-07-20"}


def test_a_purchase_is_a_cluster_that_recommend_takes() -> None:
    answer = shopped(concurrency=40, tpot_ms=60)
    first = (answer.purchases or ())[0]
    assert parse_cluster(first.gpus).gpus == first.gpus_bought
    (layout,) = answer.layouts
    assert layout.gpus_used == first.gpus_per_server
    assert layout.fit.verdict == "fits"
    assert layout.commands


def test_the_limits_hold_at_the_load_of_each_server() -> None:
    for each in bought(concurrency=200, tpot_ms=60, ttft_ms=2000):
        speed = each.performance
        assert speed is not None
        highest = {key: ends[1] for key, ends in speed.interval.items()}
        middle = (speed.tpot_ms or 0) <= 60 and (speed.ttft_ms or 0) <= 2000
        ends = highest["tpot_ms"] <= 1.21 * 60 and highest["ttft_ms"] <= 1.21 * 2000
        assert middle
        assert ends or each.meets == "may"


def test_a_larger_load_takes_more_and_each_token_never_costs_much_more() -> None:
    grown = bought(request_rate=3, tpot_ms=60, growth="2,10,100,1000")
    largest = {each.load: each for each in reversed(grown)}
    assert sorted(largest) == [1, 2, 10, 100, 1000]
    by_load = [largest[load] for load in sorted(largest)]
    assert all(dollars(a) <= dollars(b) for a, b in pairwise(by_load))
    assert by_load[-1].gpus_bought > 100
    per_token = [dollars(each) / each.load for each in by_load]
    assert all(later <= 1.01 * earlier for earlier, later in pairwise(per_token))


def test_spare_servers_come_on_top() -> None:
    (bare,), (spared,) = (
        bought(concurrency=40, tpot_ms=60, among="p5.4xlarge", **spare)
        for spare in ({}, {"spare": 1, "surge": 1})
    )
    assert (spared.servers, spared.spare_servers) == (bare.servers, 2)
    assert spared.gpus_bought == bare.gpus_bought + 2 * bare.gpus_per_server


def test_what_costs_more_than_asked_is_left_out() -> None:
    every = bought(concurrency=40, tpot_ms=60)
    limit = dollars(every[0]) + 0.01
    within = bought(concurrency=40, tpot_ms=60, max_cost=limit)
    assert all(dollars(each) <= limit for each in within)


def test_where_nothing_serves_it_a_finding_says_so() -> None:
    answer = shopped(concurrency=8, tpot_ms=1)
    assert answer.purchases == ()
    assert [found.code for found in answer.findings] == ["CST001"]


def test_a_board_without_a_price_stands_last_and_an_own_price_moves_it() -> None:
    options = {"concurrency": 40, "tpot_ms": 60, "among": "8xmi300x,p5.48xlarge"}
    assert bought(**options)[-1].cost is None
    own = bought(**options, price="mi300x=0.5")
    assert own[0].gpus == "1x8xmi300x-192gb"
    assert own[0].cost is not None
    assert own[0].cost.usd_per_hour == pytest.approx(4.0)


def test_a_throughput_alone_is_a_load() -> None:
    first = bought(min_throughput=2000, tpot_ms=60)[0]
    assert first.performance is not None
    assert first.performance.output_tokens_per_s == pytest.approx(2000, rel=0.02)


def test_hosts_of_a_server_need_their_network() -> None:
    some = bought(model="deepseek-ai/DeepSeek-R1", concurrency=8, among="p4de.24xlarge")
    assert "between the 2 hosts of each server" in some[0].network


def test_growth_of_named_gpus_is_counted_in_their_nodes() -> None:
    answer = recommend(
        model=QWEN_32B, gpus="2x8xH100", concurrency=100, growth="100", tpot_ms=60, offline=True
    )
    assert len(answer.layouts) > 1
    assert {each.gpus.partition("x")[2] for each in answer.purchases or ()} == {"8xh100-sxm5-80gb"}


@pytest.mark.parametrize("options", [{}, {"growth": "10"}, {"gpus": "8xH100", "spare": 1}])
def test_without_a_load_there_is_nothing_to_count(options: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        recommend(model=QWEN_32B, **options)
    assert refused.value.exit_code is ExitCode.USAGE
    assert refused.value.fix
