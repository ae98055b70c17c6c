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
    stated,
    supported,
)
from scripts.public_runs import read_excluded, read_public_runs


@pytest.fixture(scope="module")
def answers() -> list[LogAnswer]:
    return all_log_answers()


def test_weights_do_not_get_worse(answers: list[LogAnswer]) -> None:
    figures = log_figures(supported(answers))
    assert figures.weights_rows >= 51
    # the goals are 80 and 97: see tests/data/logs_public/README.md
    assert figures.weights_within_tenth_percent >= 83
    # one source of seven: a model whose encoder was left out, it seems, by an option not quoted
    assert figures.weights_within_percent >= 85
    of_all = log_figures(stated(answers))
    assert of_all.weights_rows >= 62
    assert of_all.weights_within_tenth_percent >= 92
    assert of_all.weights_within_percent >= 93


def test_capacity_does_not_get_worse(answers: list[LogAnswer]) -> None:
    figures = log_figures(supported(answers))
    # a row whose source contradicts itself is not judged: see tests/data/logs_public/README.md
    assert figures.capacity_rows >= 28
    assert figures.capacity_median_error <= 0.4
    # the goal is 90
    assert figures.capacity_within_three_percent >= 83


def test_verdicts_do_not_get_worse(answers: list[LogAnswer]) -> None:
    figures = log_figures(supported(answers))
    assert figures.verdict_rows >= 78
    # the goal is 96
    assert figures.verdicts_right >= 85
    assert figures.brier <= 0.1


def test_the_wrong_verdicts_are_known(answers: list[LogAnswer]) -> None:
    wrong = {
        (answer.run.source.rpartition("#")[2], answer.confidently_wrong)
        for answer in supported(answers)
        if answer.verdict is False
    }
    report = "llm-d planner, capacity planner accuracy report"
    assert wrong == {
        ("30521", True),  # out of memory as the sampler warms up, on a T4
        ("33155", False),  # 0.97 of an H100: graphs beside the share
        ("40256", False),  # the same on an RTX 4090; with sleep mode it fails, without it starts
        (report, False),  # gpt-oss-20b: out of memory as the sampler warms up, at 0.95
    }


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
