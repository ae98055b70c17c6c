"""The planner against public starts of vLLM: what it says may not get worse."""

from __future__ import annotations

import pytest

from scripts.log_accuracy import log_tables
from scripts.log_figures import (
    LogAnswer,
    all_log_answers,
    brier_score,
    calibration,
    log_figures,
)
from scripts.public_runs import read_excluded, read_public_runs


@pytest.fixture(scope="module")
def answers() -> list[LogAnswer]:
    return all_log_answers()


def test_weights_are_what_starts_print(answers: list[LogAnswer]) -> None:
    figures = log_figures(answers)
    assert figures.weights_rows >= 60
    assert figures.weights_within_tenth_percent >= 85
    assert figures.weights_within_percent >= 97


def test_capacity_is_what_starts_print(answers: list[LogAnswer]) -> None:
    figures = log_figures(answers)
    assert figures.capacity_rows >= 28
    assert figures.capacity_median_error <= 0.7
    assert figures.capacity_within_three_percent >= 90


def test_whether_it_starts_is_foretold(answers: list[LogAnswer]) -> None:
    figures = log_figures(answers)
    assert figures.verdict_rows >= 95
    assert figures.verdicts_right >= 96
    assert figures.brier <= 0.03


def test_the_only_wrong_verdicts_are_known(answers: list[LogAnswer]) -> None:
    wrong = {answer.run.row["model"] for answer in answers if answer.verdict is False}
    # out of memory while the sampler warms up, at 0.95 of the board; not explained
    assert wrong == {"openai/gpt-oss-20b"}


def test_probabilities_are_honest(answers: list[LogAnswer]) -> None:
    for _, rows, mean, started in calibration(answers):
        assert rows < 5 or abs(mean - started) < 0.1
    verdicts = [answer for answer in answers if answer.verdict is not None]
    assert 0 <= brier_score(verdicts) <= 1


def test_every_row_left_out_has_a_reason() -> None:
    assert all(row["reason"] for row in read_excluded())
    assert len(read_public_runs()) > len(read_excluded())


def test_tables_are_whole(answers: list[LogAnswer]) -> None:
    for title, heads, rows in log_tables(answers):
        assert title
        assert all(len(row) == len(heads) for row in rows)
