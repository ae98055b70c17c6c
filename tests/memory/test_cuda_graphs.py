from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.constants import Constant, term
from planner.memory.cuda_graphs import (
    CapturePlan,
    GraphMode,
    capture_plan,
    captured_graph_bytes,
    cuda_graph_bytes,
    graph_bytes_beside_budget,
)
from planner.units import GIB


def constants(
    version: tuple[int, int] = (0, 33), family: str = "hopper", runner: str = "v2"
) -> dict[str, Constant]:
    return term("cuda_graphs", version, family, runner)


def graphs(plan: CapturePlan) -> tuple[int, int, int]:
    return plan.piecewise.item(), plan.full.item(), plan.largest.item()


def sizes_by_vllm(top: int, tokens: int) -> list[int]:
    """The default list as vLLM's documentation of it builds it."""
    sizes = [size for size in (1, 2, 4) if size <= top]
    sizes += list(range(8, min(top + 1, 256), 8))
    sizes += list(range(256, top + 1, 16))
    return sorted({*sizes, tokens} if tokens <= top else sizes)


@pytest.mark.parametrize(
    ("tokens", "sequences", "family", "expected"),
    [
        # an H200 run, and public logs of a 16 GB and a 48 GB board
        (16384, 1024, "hopper", (51, 51, 512)),
        (32768, 256, "cuda", (51, 35, 512)),
        (2048, 128, "cuda", (35, 19, 256)),
        (16384, 1024, "blackwell", (83, 83, 1024)),
        (2048, 1, "cuda", (2, 1, 2)),
    ],
)
def test_default_captures_are_those_of_real_logs(
    tokens: int, sequences: int, family: str, expected: tuple[int, int, int]
) -> None:
    plan = capture_plan(constants(family=family), tokens=tokens, sequences=sequences)
    assert graphs(plan) == expected


@given(st.integers(1, 4096), st.integers(1, 1024))
def test_sizes_are_counted_as_vllm_lists_them(tokens: int, sequences: int) -> None:
    plan = capture_plan(constants(), tokens=tokens, sequences=sequences)
    listed = sizes_by_vllm(plan.largest.item(), tokens)
    assert plan.piecewise.item() == len(listed)
    assert plan.full.item() == len([size for size in listed if size <= sequences])


def test_a_mode_leaves_out_what_it_does_not_capture() -> None:
    plans = {
        mode: capture_plan(constants(), tokens=8192, sequences=256, mode=mode) for mode in GraphMode
    }
    assert graphs(plans[GraphMode.FULL_DECODE_ONLY]) == (0, 35, 512)
    assert graphs(plans[GraphMode.PIECEWISE])[:2] == (51, 0)
    assert graphs(plans[GraphMode.FULL])[:2] == (0, 51)
    assert plans[GraphMode.NONE].sizes.item() == 0


@pytest.mark.parametrize(
    ("version", "runner", "reserves"),
    [
        ((0, 19), "v1", False),
        ((0, 20), "v1", True),
        ((0, 26), "v2", False),
        ((0, 28), "v2", False),
        ((0, 29), "v2", True),
        ((0, 33), "v2", True),
    ],
)
def test_graphs_came_into_the_budget_at_different_releases(
    version: tuple[int, int], runner: str, *, reserves: bool
) -> None:
    plan = capture_plan(constants(), tokens=8192, sequences=256)
    reserved = cuda_graph_bytes(plan, constants(version, "hopper", runner), 32)
    assert bool(reserved.mid.item()) is reserves


def test_what_was_not_set_aside_lies_beside_the_budget() -> None:
    values = constants((0, 26), "hopper", "v2")
    plan = capture_plan(values, tokens=16384, sequences=1024)
    captured = captured_graph_bytes(plan, values, np.array([[28]]))
    beside = graph_bytes_beside_budget(captured, values)
    # 0.8926 GiB were captured for Qwen2.5-7B on an H200
    assert beside.low.item() < 0.8926 * GIB < beside.high.item()
    assert beside.mid.item() / GIB == pytest.approx(0.8926, rel=0.05)


def test_what_the_first_runner_sets_aside_may_fall_short() -> None:
    values = constants((0, 26), "hopper", "v1")
    plan = capture_plan(values, tokens=8192, sequences=1024, largest=1024)
    beside = graph_bytes_beside_budget(captured_graph_bytes(plan, values, 24), values)
    # 1.04 GiB were captured for gpt-oss-20b on an H200, and 0.58 set aside
    assert beside.low.item() == 0
    assert beside.high.item() / GIB > 1.04 - 0.58


def test_the_second_runners_estimate_exceeds_what_it_captures() -> None:
    values = constants((0, 31), "cuda", "v2")
    plan = capture_plan(values, tokens=2048, sequences=256)
    reserved, captured = (f(plan, values, 32) for f in (cuda_graph_bytes, captured_graph_bytes))
    # Llama-3.1-8B on an A100: 1.2 GiB set aside, 0.23 captured
    assert reserved.mid.item() / GIB == pytest.approx(1.2, rel=0.1)
    assert captured.mid.item() / GIB == pytest.approx(0.23, rel=0.1)


def test_a_stage_pays_for_its_own_layers_and_an_empty_one_for_none() -> None:
    values = constants()
    plan = capture_plan(values, tokens=np.array([[2048]]), sequences=np.array([[256]]))
    stages = cuda_graph_bytes(plan, values, np.array([[20, 10, 0]]))
    assert stages.shape == (1, 3)
    assert stages.low[0, 0] > stages.low[0, 1] > stages.low[0, 2] == 0
    assert stages.high[0, 2] == 0
