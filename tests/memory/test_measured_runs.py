"""What the terms say about every measured start in ``tests/data/memory_terms``."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.memory.fit_terms import residuals, source_weights, weighted_quantile
from scripts.memory.implied_constants import implied_constants
from scripts.memory.runs import read_runs

RUNS = read_runs()


@pytest.mark.parametrize(
    ("term", "runs", "median_error"),
    [
        ("activation", 59, 0.02),
        ("non_torch", 74, 0.30),
        ("captured graphs", 13, 0.10),
        ("reserved for graphs", 5, 0.10),
        ("beside the budget", 28, 0.06),
    ],
)
def test_terms_match_measured_runs_and_their_intervals_hold_them(
    term: str, runs: int, median_error: float
) -> None:
    rows = residuals(RUNS, term)
    weights = source_weights([row.run.source for row in rows])
    errors = [abs(row.error) for row in rows]
    assert len(rows) == runs
    assert np.median(errors) <= median_error
    assert weighted_quantile(errors, weights, 0.5) <= median_error
    assert weights @ np.array([row.covered for row in rows]) >= 0.8


def test_every_source_weighs_the_same() -> None:
    weights = source_weights(["report"] * 9 + ["log"])
    assert weights[:9].sum() == pytest.approx(weights[9])


def test_constants_lie_where_the_runs_put_them() -> None:
    implied = [value for run in RUNS for value in implied_constants(run)]
    inside = [value.now.low <= value.value <= value.now.high for value in implied]
    assert len(implied) > 150
    assert np.mean(inside) > 0.75
