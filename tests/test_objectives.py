"""Which layout stands first by what is wanted, and why."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from planner import estimate, recommend, validate

if TYPE_CHECKING:
    from planner.plan import Answer, Layout

QWEN_8B = "Qwen/Qwen3-8B"
QWEN_32B = "Qwen/Qwen3-32B"


def asked(model: str, gpus: str = "8xH100", **options: object) -> Answer:
    return recommend(model=model, gpus=gpus, offline=True, calibration=False, **options)


def first(model: str, gpus: str = "8xH100", **options: object) -> Layout:
    return asked(model, gpus, **options).layouts[0]


def test_throughput_replicates_a_small_model_and_latency_splits_it() -> None:
    wide = first(QWEN_8B)
    quick = first(QWEN_8B, objective="latency")
    assert wide.data_parallel_size == 8
    assert quick.tensor_parallel_size > wide.tensor_parallel_size
    assert "one request at a time" in quick.why


def test_a_limit_of_time_comes_before_the_objective() -> None:
    free, held = first(QWEN_32B), first(QWEN_32B, tpot_ms=15)
    assert held.tensor_parallel_size > free.tensor_parallel_size
    assert "keeps the limits" in held.why


def test_a_limit_that_nothing_keeps_is_said_of_every_layout() -> None:
    whys = [layout.why for layout in asked(QWEN_32B, tpot_ms=0.5).layouts]
    assert all("misses" in why for why in whys)


def test_cost_leaves_gpus_idle_that_a_load_does_not_need() -> None:
    cheap = first(QWEN_8B, objective="cost", concurrency=4, tpot_ms=40, price="2")
    assert cheap.gpus_used == 1
    assert cheap.cost is not None
    assert cheap.cost.usd_per_hour == pytest.approx(2)


def test_context_puts_the_longest_context_first() -> None:
    lengths = [
        layout.kv_cache.max_model_len if layout.kv_cache else 0
        for layout in asked("meta-llama/Llama-3.1-8B-Instruct", "4xL4", objective="context").layouts
    ]
    assert all(a >= b for a, b in pairwise(lengths))


def test_what_costs_more_than_asked_stands_behind() -> None:
    answer = asked(QWEN_8B, objective="cost", concurrency=64, max_cost=10, price="3", top=20)
    within = [bool(layout.cost and layout.cost.usd_per_hour <= 10) for layout in answer.layouts]
    assert within == sorted(within, reverse=True)
    assert within[0]
    assert not within[-1]


def test_each_layout_says_what_parts_it_from_the_first() -> None:
    layouts = asked(QWEN_8B, concurrency=8).layouts
    assert layouts[0].why.startswith("first: ")
    assert all("tokens/s at 8 requests at a time" in layout.why for layout in layouts)
    assert "less throughput" in layouts[-1].why


def test_the_front_gives_more_throughput_for_slower_tokens_and_has_one_knee() -> None:
    points = asked(QWEN_32B, pareto=True).pareto or ()
    assert len(points) > 3
    assert all(a.tpot_ms < b.tpot_ms for a, b in pairwise(points))
    each = [point.output_tokens_per_s_per_gpu for point in points]
    assert all(a < b for a, b in pairwise(each))
    assert sum(point.knee for point in points) == 1


def test_the_change_that_helps_most_is_told_where_a_load_is_named() -> None:
    options = {"model": QWEN_8B, "gpus": "H100", "max_num_seqs": 16, "offline": True}
    assert estimate(**options).layouts[0].improvement is None
    best = estimate(**options, concurrency=256).layouts[0].improvement
    assert best is not None
    assert best.code.startswith("PRF")
    assert 0.05 < best.saves < 1


@pytest.mark.parametrize(
    ("gpus", "tp", "code"), [("2x8xH100", 16, "PAR003"), ("4xL40S", 4, "PAR011")]
)
def test_tensor_parallelism_over_a_slow_link_says_its_price(gpus: str, tp: int, code: str) -> None:
    answer = validate(
        model=QWEN_32B, gpus=gpus, tensor_parallel_size=tp, concurrency=16, offline=True
    )
    (found,) = (f for each in answer.layouts for f in each.findings if f.code == code)
    assert "in all-reduces" in found.cause


def test_stages_alone_in_place_of_tensors_over_slots_take_as_many_gpus() -> None:
    answer = validate(
        model=QWEN_32B,
        gpus="4xL40S",
        tensor_parallel_size=2,
        pipeline_parallel_size=2,
        offline=True,
    )
    (found,) = (f for each in answer.layouts for f in each.findings if f.code == "PAR011")
    assert "--pipeline-parallel-size 4 alone" in found.fix
    assert "turns its own all-reduce off" not in found.cause


def test_stages_come_before_tensors_over_slots_that_nobody_measured() -> None:
    first_over_slots, first_over_nvlink = first(QWEN_32B, "4xL40S"), first(QWEN_32B, "2xA100")
    assert first_over_slots.tensor_parallel_size == 1
    assert "PAR011" not in {found.code for found in first_over_slots.findings}
    assert first_over_nvlink.pipeline_parallel_size == 1


def test_servers_are_filled_no_further_than_one_can_read_along() -> None:
    for model, gpus in (("deepseek-ai/DeepSeek-R1", "8xH200"), (QWEN_32B, "4xL40S")):
        for layout in recommend(model=model, gpus=gpus, offline=True).layouts[:3]:
            assert layout.performance is not None
            assert layout.performance.tpot_ms is not None
            assert layout.performance.tpot_ms <= 200


def test_layouts_of_several_groups_are_compared_with_each_other() -> None:
    answer = recommend(model=QWEN_8B, gpus=["2xL4", "2xH100"], offline=True)
    notes = [layout.notes[0] for layout in answer.layouts]
    assert "h100" in notes[0]
    assert any("l4" in note for note in notes)
