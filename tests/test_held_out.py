"""Measurements that the fit of the speed model never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scripts.page.compared import Agreement, Compared
from scripts.page.held_out import elsewhere, held_out_headlines, held_out_section
from scripts.runs.step_errors import HEAD, cells, lines
from scripts.runs.timed_steps import DECODE, PROMPT, own_steps
from scripts.speed.public_servers import left_out, rows
from scripts.speed.served_cases import options_of

DATA = Path(__file__).parent / "data"


def test_no_figure_passes_its_limit() -> None:
    assert [each.name for each in held_out_headlines(elsewhere()) if not each.passed] == []


def test_every_row_is_answered() -> None:
    found = elsewhere()
    assert all(np.isfinite(each.predicted) for each in (*found.steps, *found.servers))
    assert len(rows()) >= 148
    assert len(found.servers) >= 330
    assert len(found.steps) >= 88


def test_what_is_left_out_has_a_reason() -> None:
    assert all(row["reason"] for row in left_out())


def test_dense_models_prompts_and_steps_are_told_within_a_sixth() -> None:
    dense = [s for s in own_steps() if not s.case.has_experts]
    for what in (DECODE, PROMPT):
        found = [step.compared() for step in dense if step.what == what]
        assert Agreement.of(found).mean < 16


def test_dummy_weights_send_tokens_to_the_same_experts_where_a_bias_decides() -> None:
    alike = {step.name for step in own_steps() if step.routed_alike}
    assert alike == {"glm-4.7-flash"}
    steps = [s for s in own_steps() if s.routed_alike and s.what == DECODE]
    assert Agreement.of([s.compared(alike=True) for s in steps]).mean < 15
    assert Agreement.of([s.compared() for s in steps]).mean > 60


def test_the_table_of_a_folder_has_a_line_for_each_point() -> None:
    table = list(lines(DATA / "h200_runs", "1xH200"))
    points = (DATA / "h200_runs" / "speed.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len([line for line in table if line.startswith("|")]) == len(points) + 2
    assert len(cells(next(own_steps()))) == len(HEAD)


def test_the_page_has_all_cases() -> None:
    page = "\n".join(held_out_section(elsewhere()))
    for name in ("glm-4.7-flash", "step that decodes, same experts", "amd.com", "substratus.ai"):
        assert name in page


def test_options_of_a_table_are_those_that_one_types() -> None:
    assert options_of('{"--a": {"b": 1}, "--c": true}') == """--a '{"b": 1}' --c"""


@pytest.mark.parametrize(("measured", "held"), [(1.05, True), (0.8, False), (1.3, False)])
def test_an_interval_holds_what_lies_between_its_ends(measured: float, held: bool) -> None:  # noqa: FBT001
    one = Compared(source="a", what="b", measured=measured, predicted=1.0, low=0.9, high=1.2)
    assert one.held is held
    assert one.error == pytest.approx(100 * (1 / measured - 1))
