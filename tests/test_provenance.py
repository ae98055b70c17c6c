"""Every figure of an answer says what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner import estimate, recommend

if TYPE_CHECKING:
    from planner.plan import Answer


@pytest.fixture(scope="module")
def answer() -> Answer:
    return estimate(
        model="Qwen/Qwen3-32B",
        gpus="4xL40S",
        offline=True,
        tensor_parallel_size=4,
        storage="nvme",
        show_sources=True,
    )


def test_every_uncertain_term_rests_on_constants_with_a_source(answer: Answer) -> None:
    assert answer.provenance
    figures = {each.figure for each in answer.provenance}
    memory = answer.layouts[0].memory
    assert memory
    assert set(memory.stages[0].interval) <= figures
    assert all(each.source for each in answer.provenance)


def test_what_was_measured_says_when_and_within_which_bounds(answer: Answer) -> None:
    measured = [e for e in answer.provenance or () if e.constant and e.points]
    assert measured
    for each in measured:
        assert each.date
        assert each.low is not None
        assert each.mid is not None
        assert each.high is not None
        assert each.low <= each.mid <= each.high


def test_speed_rests_on_the_board_its_kernels_and_what_serving_measured(answer: Answer) -> None:
    speed = [each for each in answer.provenance or () if each.figure == "performance"]
    assert {each.basis for each in speed} >= {"given", "measured"}
    names = {each.constant for each in speed}
    assert {"hbm_bytes_per_s", "kernels of ada", "launch"} <= names


def test_constants_of_other_storage_are_left_out(answer: Answer) -> None:
    read = [e.constant for e in answer.provenance or () if (e.constant or "").startswith("read_")]
    assert read
    assert all(name and name.startswith("read_nvme") for name in read)


def test_recommend_tells_it_of_its_first_layout_and_only_where_asked() -> None:
    asked = {"model": "Qwen/Qwen3-32B", "gpus": "4xL40S", "offline": True, "top": 1}
    told = recommend(**asked, show_sources=True, show_math=True)
    assert told.provenance
    assert told.math
    quiet = recommend(**asked)
    assert quiet.provenance is None
    assert quiet.math is None
