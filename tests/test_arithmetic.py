"""``--show-math`` comes to the figures of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner import estimate
from planner.manual import page_of

if TYPE_CHECKING:
    from planner.plan import MathStep


def math_of(**load: Any) -> tuple[dict[str, MathStep], Any]:  # noqa: ANN401 - as options are typed
    answer = estimate(model="Qwen/Qwen3-8B", gpus="H100", offline=True, show_math=True, **load)
    return {step.term: step for step in answer.math or ()}, answer.layouts[0].performance


@pytest.mark.parametrize("load", [{}, {"concurrency": 64}, {"request_rate": 4.0}])
def test_the_steps_of_speed_end_in_the_figures_of_the_answer(load: dict[str, Any]) -> None:
    steps, speed = math_of(**load)

    assert steps["first token"].numbers["ttft_ms"] == pytest.approx(speed.ttft_ms, abs=0.1)
    assert steps["each further token"].numbers["tpot_ms"] == pytest.approx(speed.tpot_ms, abs=0.01)
    rate = steps["throughput"].numbers["output_tokens_per_s"]
    assert rate == pytest.approx(speed.output_tokens_per_s, abs=0.1)


def test_a_token_of_many_users_takes_a_step_and_the_prompts_of_others() -> None:
    steps, _ = math_of(concurrency=64)
    at: dict[str, Any] = steps["each further token"].numbers

    token = at["step_ms"] + at["stall_ms"] * (at["running"] - 1) / at["output_tokens"]
    assert token == pytest.approx(at["tpot_ms"], rel=1e-3)


@pytest.mark.parametrize("name", ["ttft", "tpot", "throughput"])
def test_each_figure_of_speed_has_a_page(name: str) -> None:
    assert f"planner.speed.figures.{name}(" in page_of(name)
