from __future__ import annotations

from itertools import pairwise

import pytest

from planner.explore.chart import context_chart, load_chart, tokens_text
from planner.explore.look import View, look
from planner.request import request


@pytest.fixture(scope="module")
def view() -> View:
    asked = request(
        model="Qwen/Qwen3-8B",
        gpus="4xL40S",
        offline=True,
        calibration=False,
        vllm_version="0.33",
        concurrency=16,
        tpot_ms=30,
    )
    return look(asked, {})


def test_more_load_gives_no_fewer_tokens_and_no_shorter_wait(view: View) -> None:
    """A full KV cache has prompts computed again: that costs some of what it gave."""
    for lighter, heavier in pairwise(view.load):
        kept = 0.9 if heavier.limited_by == "kv_capacity" else 0.999
        assert heavier.output_tokens_per_s >= lighter.output_tokens_per_s * kept
        assert heavier.ttft_s >= lighter.ttft_s * 0.999
        assert heavier.tpot_s >= lighter.tpot_s * 0.999
        assert lighter.interval[0] <= lighter.output_tokens_per_s <= lighter.interval[1]


def test_the_mark_of_the_load_that_is_asked_lies_on_the_curve(view: View) -> None:
    chart = load_chart(view, None)
    assert chart is not None
    curve = next(line for line in chart.lines if line.role == "now")
    mark = next(line for line in chart.lines if line.role == "mark")
    at = [point.concurrency for point in view.load].index(16)
    assert mark.x[0] == pytest.approx(curve.x[at], abs=0.01)
    assert mark.y[0] == pytest.approx(curve.y[at], abs=0.01)


def test_a_target_is_an_upright_line_and_a_pin_a_second_curve(view: View) -> None:
    chart = load_chart(view, view)
    assert chart is not None
    roles = [line.role for line in chart.lines]
    assert roles == ["now", "pin", "limit", "mark"]
    limit = chart.lines[2]
    assert limit.x[0] == limit.x[1]


def test_a_chart_and_its_table_tell_of_the_same_points(view: View) -> None:
    load, context = load_chart(view, None), context_chart(view, None)
    assert load is not None
    assert context is not None
    assert len(load.rows) == 1 + len(load.lines[0].x)
    assert len(context.rows) == 1 + len(context.lines[0].x)


def test_every_point_lies_between_the_ends_of_its_axes(view: View) -> None:
    for chart in (load_chart(view, view), context_chart(view, view)):
        assert chart is not None
        for line in chart.lines:
            assert all(chart.x.ends[0] <= x <= chart.x.ends[1] for x in line.x), line.role
            assert all(chart.y.ends[0] <= y <= chart.y.ends[1] for y in line.y), line.role


def test_lengths_are_written_as_people_say_them() -> None:
    assert tokens_text(131072) == "128k"
