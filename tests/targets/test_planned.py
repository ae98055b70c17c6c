"""A plan keeps the load and the goal that it was made for."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from planner import plan
from planner.dumped import dump
from planner.errors import InvalidInputError
from planner.estimate import estimate
from planner.explore.opened import opened
from planner.goal import Goal
from planner.lengths import Lengths, named
from planner.recommend import recommend
from planner.request import request
from planner.targets.read import read_targets
from planner.validate import asked_of, validate
from planner.workload import Workload

if TYPE_CHECKING:
    from pathlib import Path

    from planner.request import Request

ALONE: dict[str, Any] = {"offline": True, "calibration": False, "vllm_version": "0.33"}
LOADED: dict[str, Any] = {
    "model": "Qwen/Qwen3-8B",
    "gpus": "2xL40S",
    "workload": "chat",
    "request_rate": 2.0,
    "ttft_ms": 800.0,
    "objective": "latency",
    "max_cost": 9.5,
    "price": "L40S=1.20",
    **ALONE,
}


def written(folder: Path, document: dict[str, Any]) -> str:
    file = folder / "plan.yaml"
    file.write_text(dump(document), encoding="utf-8")
    return str(file)


@pytest.fixture
def document() -> dict[str, Any]:
    asked = request(**LOADED, top=1)
    found: dict[str, Any] = recommend(asked, {}).model_dump(mode="json")
    return found


def read(file: str, **typed: Any) -> Request:  # noqa: ANN401 - each is checked by its name
    (target,) = read_targets([file], version=None)
    return asked_of(request(**ALONE, **typed), target)


def test_every_number_of_a_load_and_a_goal_has_a_place_in_the_document() -> None:
    assert plan.Workload.model_fields.keys() == {each.name for each in fields(Workload)}
    assert plan.Lengths.model_fields.keys() == {each.name for each in fields(Lengths)}
    # how much is answered, not what is wanted
    assert plan.Goal.model_fields.keys() == {each.name for each in fields(Goal)} - {"pareto"}


def test_it_is_read_as_it_was_asked(tmp_path: Path, document: dict[str, Any]) -> None:
    asked = request(**LOADED)
    file = written(tmp_path, document)
    assert read(file).workload == asked.workload
    assert read(file).goal == asked.goal
    assert opened(file, request(**ALONE)).workload == asked.workload


def test_what_is_judged_anew_has_the_same_load(tmp_path: Path, document: dict[str, Any]) -> None:
    targets = read_targets([written(tmp_path, document)], version=None)
    found = validate(request(**ALONE), targets, {})
    assert found.model_dump(mode="json")["workload"] == document["workload"]
    assert any("2 requests a second" in each.message for each in found.layouts[0].findings)


def test_what_is_typed_beside_it_wins(tmp_path: Path, document: dict[str, Any]) -> None:
    file = written(tmp_path, document)
    busy = read(file, concurrency=64).workload
    assert (busy.concurrency, busy.request_rate, busy.ttft_ms) == (64, None, 800.0)
    alike = read(file, input_tokens=1024).workload
    assert (alike.input_tokens, alike.lengths) == (1024, None)
    assert alike.output_tokens == read(file).workload.output_tokens
    other = read(file, workload="rag").workload
    assert other.lengths == named()["rag"]
    assert (other.input_tokens, other.output_tokens) == named()["rag"].means
    assert read(file, objective="throughput").goal.objective == "throughput"


def test_an_older_plan_is_read_as_before(tmp_path: Path, document: dict[str, Any]) -> None:
    old = {key: value for key, value in document.items() if key not in {"workload", "goal"}}
    asked = read(written(tmp_path, old), concurrency=3)
    assert asked.workload == Workload(concurrency=3)
    assert asked.goal == Goal()


def test_the_means_are_those_of_the_lengths(tmp_path: Path, document: dict[str, Any]) -> None:
    document["workload"]["lengths"]["requests"] = [[100, 10], [300, 30]]
    load = read(written(tmp_path, document)).workload
    assert (load.input_tokens, load.output_tokens) == (200, 20)


@pytest.mark.parametrize(
    ("part", "changed", "told"),
    [
        ("workload", {"request_rate": -1.0}, "workload.request_rate is -1.0"),
        ("workload", {"lengths": {"name": "x", "source": "", "requests": []}}, "requests"),
        ("workload", {"lengths": {"name": "x", "source": "", "requests": [[0, 1]]}}, "requests"),
        ("workload", {"concurrrency": 3}, "no plan has this key"),
        ("goal", {"max_cost": 0}, "goal.max_cost is 0"),
        ("goal", {"growth": [0]}, "growth"),
    ],
)
def test_a_load_that_makes_no_sense_is_refused_with_its_place(
    part: str, changed: dict[str, Any], told: str, tmp_path: Path, document: dict[str, Any]
) -> None:
    document[part] |= changed
    with pytest.raises(InvalidInputError, match=told) as caught:
        read(written(tmp_path, document))
    assert "plan.yaml" in str(caught.value)


def test_each_command_tells_the_load() -> None:
    asked = request(**LOADED)
    assert estimate(asked, {}).workload == recommend(asked, {}).workload
    bought = recommend(request(**{**LOADED, "gpus": (), "among": "L40S"}), {})
    assert bought.workload is not None
    assert bought.workload.request_rate == 2.0
