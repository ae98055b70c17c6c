"""Points of plots: monotone, and equal to what the answer says at its own length."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from planner.curves import context_curve, curves, load_curve
from planner.request import request
from planner.resolve import resolve, table
from planner.search import fixed_layout

if TYPE_CHECKING:
    from planner.case import Case


def case_of(model: str, gpus: str, **options: object) -> Case:
    asked = request(model=model, gpus=gpus, offline=True, **options)
    subject = resolve(asked, {})
    return table(subject, subject.groups[0], fixed_layout(asked.pinned), shorten=True)


@pytest.fixture(scope="module")
def r1() -> Case:
    return case_of(
        "deepseek-ai/DeepSeek-R1", "2x8xA100", tensor_parallel_size=8, pipeline_parallel_size=2
    )


def test_lengths_double_up_to_the_models_own(r1: Case) -> None:
    lengths = [point.tokens for point in context_curve(r1, 0)]
    assert lengths == [1024 << step for step in range(8)] + [163_840]


def test_longer_requests_are_fewer_and_the_middle_lies_within_its_interval(r1: Case) -> None:
    points = context_curve(r1, 0)
    assert sorted((p.requests for p in points), reverse=True) == [p.requests for p in points]
    assert all(p.interval[0] <= p.requests <= p.interval[1] for p in points)


def test_at_the_served_length_the_curve_is_the_printed_concurrency(r1: Case) -> None:
    at_its_length = {p.tokens: p.requests for p in context_curve(r1, 0)}
    length = r1.max_model_len
    assert at_its_length[int(length[0])] == pytest.approx(r1.kv.concurrency(length)[0], abs=0.01)


def test_a_shortened_context_is_a_point_of_its_own() -> None:
    case = case_of("DeepSeek-R1-Distill-Llama-70B", "2xA100", tensor_parallel_size=2)
    served = int(case.max_model_len[0])
    points = {p.tokens: p for p in context_curve(case, 0)}
    assert served < case.settings.max_model_len
    assert points[served].interval[0] >= 1 > points[case.settings.max_model_len].requests


def test_what_cannot_be_built_or_does_not_fit_has_no_room() -> None:
    broken = case_of("Qwen/Qwen3-32B", "8xA100", tensor_parallel_size=6)
    assert context_curve(broken, 0) == ()
    small = case_of("Qwen/Qwen3-32B", "T4")
    assert {p.requests for p in context_curve(small, 0)} == {0}


def test_loads_double_from_one_request_to_more_than_run_at_a_time(r1: Case) -> None:
    loads = [point.concurrency for point in load_curve(r1, 0)]
    assert loads[0] == 1
    assert all(1 < after / before <= 2 for before, after in pairwise(loads))
    assert load_curve(r1, 0)[-1].saturated or loads[-1] >= r1.settings.max_num_seqs


def test_more_requests_bring_more_tokens_later(r1: Case) -> None:
    points = load_curve(r1, 0)
    tokens = [point.output_tokens_per_s for point in points]
    assert tokens == pytest.approx(sorted(tokens), rel=0.02)
    first, last = points[0], points[-1]
    assert first.tpot_ms < last.tpot_ms
    for point in points:
        low, high = point.interval["tpot_ms"]
        assert low <= point.tpot_ms <= high


def test_the_named_load_is_a_point_and_the_limits_are_told() -> None:
    case = case_of("Qwen/Qwen3-8B", "H100", concurrency=100, tpot_ms=20.0)
    told = curves(case, 0)
    assert told
    assert 100 in [point.concurrency for point in told.load]
    assert told.tpot_ms == 20
    assert (told.input_tokens, told.output_tokens) == (1024, 256)


def test_what_cannot_be_built_or_generates_nothing_has_no_curve_of_loads() -> None:
    broken = case_of("Qwen/Qwen3-32B", "8xA100", tensor_parallel_size=6)
    assert load_curve(broken, 0) == ()
