"""The planner against public starts of vLLM: what it says may not get worse."""

from __future__ import annotations

import pytest

from scripts.page.headline import Headline, failures
from scripts.starts.accuracy import log_tables
from scripts.starts.exceptions import exceptions, far_off
from scripts.starts.figures import (
    LogAnswer,
    all_log_answers,
    brier_score,
    calibration,
    log_figures,
    stated,
    supported,
)
from scripts.starts.headlines import log_headlines
from scripts.starts.public_runs import read_excluded, read_public_runs


@pytest.fixture(scope="module")
def answers() -> list[LogAnswer]:
    return all_log_answers()


def test_no_figure_passes_its_limit(answers: list[LogAnswer]) -> None:
    found = log_headlines(log_figures(supported(answers)), log_figures(stated(answers)))
    assert [each.name for each in found if not each.passed] == []


def test_the_judged_rows_stay(answers: list[LogAnswer]) -> None:
    figures = log_figures(supported(answers))
    assert figures.weights_rows >= 51
    # a row whose source contradicts itself is not judged: see tests/data/logs_public/README.md
    assert figures.capacity_rows >= 28
    assert figures.verdict_rows >= 79
    assert log_figures(stated(answers)).weights_rows >= 62


def test_what_is_far_off_has_a_reason_and_every_reason_its_row(answers: list[LogAnswer]) -> None:
    known = {(entry["source"], entry["figure"]) for entry in exceptions()}
    assert set(far_off(stated(answers))) == known


def test_little_room_beside_the_share_makes_the_planner_unsure(answers: list[LogAnswer]) -> None:
    (tight,) = [a for a in answers if a.run.source.endswith("#33155")]
    assert 0.05 < tight.prediction.probability < 0.95


def test_scores_of_probabilities(answers: list[LogAnswer]) -> None:
    verdicts = [answer for answer in answers if answer.verdict is not None]
    assert 0 <= brier_score(verdicts) <= 1
    assert sum(rows for _, rows, _, _ in calibration(answers)) == len(verdicts)


def test_every_row_left_out_has_a_reason() -> None:
    assert all(row["reason"] for row in read_excluded())
    assert len(read_public_runs()) > len(read_excluded())


def test_tables_are_whole(answers: list[LogAnswer]) -> None:
    for title, heads, rows in log_tables(answers):
        assert title
        assert all(len(row) == len(heads) for row in rows)


def test_a_figure_that_is_worse_than_the_page_or_its_limit_is_named() -> None:
    high = Headline(name="right, %", value=80.0, goal=96, limit=81)
    low = Headline(name="error, %", value=0.5, goal=0.7, higher_is_better=False)
    assert failures([high, low], {"right, %": 80.5, "error, %": 0.4}) == [
        "right, %: 80.00, the page says 80.5",
        "error, %: 0.50, the page says 0.4",
        "right, %: 80.00, limit 81",
    ]
    assert failures([low], {}) == []
    assert (high.reached, low.reached) == (False, True)
    assert low.cells == ["error, %", "0.50", "at most 0.7", ""]
