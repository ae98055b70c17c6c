"""How far full answers are from public starts of vLLM: weights, capacity, whether they start.

Every source weighs the same, however many rows it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from scripts.memory.fit_terms import source_weights, weighted_quantile
from scripts.starts.public_runs import (
    Prediction,
    PublicRun,
    predict,
    read_public_runs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PERCENT = 100
_TIGHT, _CLOSE, _NEAR = 0.001, 0.01, 0.03
_MEDIAN = 0.5
#: an answer this sure of itself must not be wrong
CONFIDENT = 0.95
_CALIBRATION_EDGES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, kw_only=True)
class LogAnswer:
    """A published start and the planner's answer."""

    run: PublicRun
    prediction: Prediction

    @cached_property
    def weights_error(self) -> float | None:
        """Of ``Model loading took``, as a share; half of the last printed digit is forgiven."""
        measured, predicted = self.run.weights_bytes, self.prediction.weights_bytes
        if measured is None:
            return None
        if predicted is None:
            return 1.0
        difference = predicted - measured
        beyond = max(abs(difference) - self.run.rounding_bytes, 0)
        return float(np.copysign(beyond, difference) / measured)

    @cached_property
    def capacity(self) -> tuple[float, float] | None:
        """Printed and predicted capacity: tokens, or concurrency where no tokens are printed."""
        tokens, times = self.run.number("kv_tokens"), self.run.number("max_concurrency")
        if not self.run.judges_capacity or (tokens is None and times is None):
            return None
        length = self.run.number("concurrency_at_len")
        found = self.prediction.capacity(int(length) if length else None) or (0, 0.0)
        return (tokens, float(found[0])) if tokens is not None else (times or 0.0, found[1])

    @cached_property
    def capacity_error(self) -> float | None:
        """Predicted less printed, as a share of the printed."""
        if self.capacity is None:
            return None
        printed, predicted = self.capacity
        return (predicted - printed) / printed

    @cached_property
    def verdict(self) -> bool | None:
        """Whether the more likely outcome came about; None where none is stated."""
        if self.run.starts is None:
            return None
        return (self.prediction.probability >= _MEDIAN) == self.run.starts

    @property
    def confidently_wrong(self) -> bool:
        """Sure of itself, and wrong."""
        sure = abs(self.prediction.probability - _MEDIAN) >= CONFIDENT - _MEDIAN
        return self.verdict is False and sure


def all_log_answers() -> list[LogAnswer]:
    """The planner's answer to every public row."""
    return [LogAnswer(run=run, prediction=predict(run)) for run in read_public_runs()]


def supported(answers: Sequence[LogAnswer]) -> list[LogAnswer]:
    """The rows the planner is judged by: every fact stated, releases from 0.11 on."""
    return [a for a in stated(answers) if a.run.is_supported]


def stated(answers: Sequence[LogAnswer]) -> list[LogAnswer]:
    """The rows where nothing is assumed, of all releases."""
    return [a for a in answers if not a.run.assumed]


@dataclass(frozen=True, kw_only=True)
class LogFigures:
    """What public starts say of the planner; shares are percent, weighted by source, 0 of none."""

    weights_sources: int
    weights_rows: int
    weights_within_tenth_percent: float
    weights_within_percent: float
    capacity_sources: int
    capacity_rows: int
    capacity_median_error: float
    capacity_within_three_percent: float
    verdict_sources: int
    verdict_rows: int
    verdicts_right: float
    confidently_wrong: int
    brier: float


def log_figures(answers: Sequence[LogAnswer]) -> LogFigures:
    """The headline figures."""
    weights = [a for a in answers if a.weights_error is not None]
    capacity = [a for a in answers if a.capacity_error is not None]
    verdicts = [a for a in answers if a.verdict is not None]
    errors = [abs(a.capacity_error or 0) for a in capacity]
    median = weighted_quantile(errors, by_source(capacity), _MEDIAN) if errors else 0.0
    return LogFigures(
        weights_sources=sources(weights),
        weights_rows=len(weights),
        weights_within_tenth_percent=share(weights, [_within(a, _TIGHT) for a in weights]),
        weights_within_percent=share(weights, [_within(a, _CLOSE) for a in weights]),
        capacity_sources=sources(capacity),
        capacity_rows=len(capacity),
        capacity_median_error=PERCENT * median,
        capacity_within_three_percent=share(capacity, [error <= _NEAR for error in errors]),
        verdict_sources=sources(verdicts),
        verdict_rows=len(verdicts),
        verdicts_right=share(verdicts, [bool(a.verdict) for a in verdicts]),
        confidently_wrong=sum(a.confidently_wrong for a in verdicts),
        brier=brier_score(verdicts),
    )


def brier_score(verdicts: Sequence[LogAnswer]) -> float:
    """The mean squared distance of the probability from what came about, weighted by source."""
    squares = [(a.prediction.probability - bool(a.run.starts)) ** 2 for a in verdicts]
    return float(by_source(verdicts) @ np.array(squares))


def calibration(answers: Sequence[LogAnswer]) -> list[tuple[str, int, float, float]]:
    """By probability: rows, mean probability and share that started, weighted by source."""
    verdicts = [a for a in answers if a.verdict is not None]
    found = []
    for low, high in pairwise(_CALIBRATION_EDGES):
        last = high == _CALIBRATION_EDGES[-1]
        rows = [
            a
            for a in verdicts
            if low <= a.prediction.probability < high or (last and a.prediction.probability == high)
        ]
        if rows:
            weights = by_source(rows)
            mean = float(weights @ np.array([a.prediction.probability for a in rows]))
            started = float(weights @ np.array([bool(a.run.starts) for a in rows]))
            found.append((f"{low:g} to {high:g}", len(rows), mean, started))
    return found


def _within(answer: LogAnswer, share: float) -> bool:
    return abs(answer.weights_error or 0) <= share


def sources(answers: Sequence[LogAnswer]) -> int:
    """How many published them."""
    return len({answer.run.source for answer in answers})


def by_source(answers: Sequence[LogAnswer]) -> np.ndarray:
    """The weight of each, so that every source has the same: Float64[answers], of sum 1."""
    return source_weights([answer.run.source for answer in answers])


def share(answers: Sequence[LogAnswer], hits: list[bool]) -> float:
    """Percent of the sources' weight."""
    return PERCENT * float(by_source(answers) @ np.array(hits, dtype=float))
