"""A calibration from our own prediction changes nothing; one absurd log changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.calibration import Calibration
from planner.constants import term
from planner.request import request
from planner.resolve import resolve, table
from planner.runtime.calibrate.comparison import compare
from planner.runtime.calibrate.figures import quantities
from planner.runtime.calibrate.learn import Lesson, lesson
from planner.runtime.calibrate.logged_run import LoggedRun, logged_run
from planner.search import fixed_layout
from planner.units import GIB
from planner.vllm.log import read_lines
from tests.log_writer import Written, h200_runs, text

if TYPE_CHECKING:
    from planner.case import Case

TODAY = "2026-11-23"
MODELS = (
    "Qwen/Qwen2.5-7B-Instruct",
    "meta-llama/Llama-3.1-8B-Instruct",
    "mistralai/Mixtral-8x7B-Instruct-v0.1",
    "deepseek-ai/DeepSeek-V2-Lite",
)
BOARDS = {"H200": "NVIDIA_H200", "A100": "NVIDIA_A100-SXM4-80GB", "L40S": "NVIDIA_L40S"}
VERSIONS = ("0.12.0", "0.19.0", "0.22.0", "0.26.0", "0.29.0", "0.33.0")


def learnt(written: Written) -> tuple[LoggedRun, Lesson]:
    run = logged_run(read_lines(text(written).splitlines()), request(offline=True), {})
    return run, lesson(run, compare(run), date=TODAY)


def case_of(model: str, gpus: str, version: str, tp: int) -> Case:
    asked = request(
        model=model,
        gpus=f"{tp}x{gpus}",
        vllm_version=version,
        tensor_parallel_size=tp,
        max_model_len=8192,
        max_num_batched_tokens=4096,
        gpu_memory_utilization=0.92,
        offline=True,
    )
    subject = resolve(asked, {})
    return table(subject, subject.groups[0], fixed_layout(asked.pinned))


def as_predicted(case: Case, board: str, version: str, digits: int) -> Written:
    """The log that vLLM would print if the planner were right."""
    mid = {name: int(size.mid[0, 0]) / GIB for name, size in quantities(case).items()}
    total = case.group.accelerator.memory_bytes / GIB
    return Written(
        model="",
        version=version,
        tp=int(case.layouts.tp[0]),
        total=total,
        weights=int(case.budget.weights_bytes[0, 0]) / GIB,
        activation=mid["activation"],
        non_torch=mid["non_torch"],
        graphs=mid["graphs"],
        graphs_estimated=mid["graphs_estimated"],
        free=total - mid["before"],
        max_model_len=8192,
        batched_tokens=4096,
        runner="v2" if case.runner_v2 else "v1",
        board=board,
        digits=digits,
    )


@settings(max_examples=25)
@given(
    st.sampled_from(MODELS),
    st.sampled_from(sorted(BOARDS)),
    st.sampled_from(VERSIONS),
    st.sampled_from([1, 2]),
    st.sampled_from([2, 6]),
)
def test_a_start_that_comes_out_as_predicted_changes_nothing(
    model: str, gpus: str, version: str, tp: int, digits: int
) -> None:
    case = case_of(model, gpus, version, tp)
    written = replace(as_predicted(case, BOARDS[gpus], version, digits), model=model)
    # the number of graphs is the planner's own where the log does not count them
    log = [line for line in text(written).splitlines() if "Profiling CUDA graph" not in line]
    run = logged_run(read_lines(log), request(offline=True, gpus=f"{tp}x{gpus}"), {})
    told = lesson(run, compare(run), date=TODAY)
    assert not told.refused
    assert told.observations or case.budget.kv_cache.mid[0, 0] < 0
    known = Calibration(path="/c", observations=told.observations)
    for seen in told.observations:
        before = term(seen.term, seen.version, seen.family, seen.runner)[seen.name]
        assert seen.value == before.mid
        after = known.term(seen.term, seen.version, seen.family, seen.runner)[seen.name]
        assert (after.low, after.mid, after.high) == (before.low, before.mid, before.high)


@pytest.mark.parametrize("written", h200_runs(), ids=lambda run: run.model.split("/")[-1])
def test_the_measured_starts_bring_the_prediction_nearer(written: Written) -> None:
    run, told = learnt(written)
    assert not told.refused
    assert run.case is not None
    known = Calibration(path="/c", observations=told.observations)
    better = replace(run, case=replace(run.case, calibration=known))
    before = {each.name: each for each in compare(run)}
    after = {each.name: each for each in compare(better)}
    for name in ("activation", "non_torch", "graphs", "before"):
        assert abs(after[name].difference) <= abs(before[name].difference) + 1, name
    printed = before["activation"].step
    assert (
        abs(after["activation"].difference) < 0.6 * abs(before["activation"].difference) + printed
    )
    assert {seen.setup for seen in told.observations} == {told.observations[0].setup}


@given(
    st.sampled_from(["activation", "non_torch", "graphs"]),
    st.one_of(st.floats(20, 60), st.floats(0.0, 0.0)),
)
@settings(max_examples=15)
def test_one_absurd_log_changes_nothing(name: str, size: float) -> None:
    changed: dict[str, Any] = {name: size}
    absurd = replace(h200_runs()[0], kv_cache=None, **changed)
    _, told = learnt(absurd)
    known = Calibration(path="/c", observations=told.observations)
    for seen in told.observations:
        before = term(seen.term, seen.version, seen.family, seen.runner)[seen.name]
        after = known.term(seen.term, seen.version, seen.family, seen.runner)[seen.name]
        assert before.low <= after.mid <= before.high
        if size and seen.term == {"graphs": "cuda_graphs"}.get(name, name):
            assert after == before


def test_a_log_of_another_model_teaches_nothing() -> None:
    _, told = learnt(replace(h200_runs()[0], model="Qwen/Qwen2.5-14B-Instruct", kv_cache=None))
    assert not told.observations
    assert "another model" in told.refused[0]


def test_a_log_without_weights_teaches_nothing() -> None:
    log = [line for line in text(h200_runs()[0]).splitlines() if "weight" not in line]
    run = logged_run(
        read_lines([line for line in log if "loading took" not in line]), request(offline=True), {}
    )
    told = lesson(run, compare(run), date=TODAY)
    assert not told.observations
    assert "does not print its weights" in told.refused[0]


def test_parts_that_do_not_add_up_teach_nothing_of_themselves() -> None:
    _, told = learnt(replace(h200_runs()[0], activation=3.5))
    assert {seen.term for seen in told.observations} == {"cuda_graphs", "outside_budget"}


def test_a_sum_is_shared_by_how_uncertain_its_parts_are() -> None:
    log = [line for line in text(h200_runs()[0]).splitlines() if "Actual usage" not in line]
    run = logged_run(read_lines(log), request(offline=True), {})
    told = {seen.name: seen for seen in lesson(run, compare(run), date=TODAY).observations}
    assert {"library_bytes", "inside_bytes"} <= set(told)
    shipped = {
        name: term(each.term, each.version, each.family, each.runner)[name]
        for name, each in told.items()
    }
    moved = {name: told[name].value - shipped[name].mid for name in told}
    # the difference of the sum is the sum of the differences
    total = next(each for each in compare(run) if each.name == "overheads")
    assert sum(moved.values()) == pytest.approx(total.difference, abs=total.step)


def test_runs_of_one_setup_share_their_name() -> None:
    first, second = (learnt(h200_runs()[i])[1].observations[0].setup for i in (0, 1))
    assert first == "Qwen/Qwen2.5-7B-Instruct, h200-sxm5-141gb, TP1, 16384 tokens, 1024 requests"
    assert first != second
