"""Compare the memory terms with measured runs, and refit their constants.

Reads the compact facts in ``tests/data/memory_terms`` and prints two tables: how far each term
is off and how often its interval holds, and what each constant would be by these runs beside what
``planner/constants_data`` says. Every source has the same weight, however many rows it has.
Nothing is written: a constant is changed by hand, with its source and date.

Usage: ``python -m scripts.memory.fit_terms [--worst N]``.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.units import gib
from scripts.memory.implied_constants import implied_constants
from scripts.memory.runs import TERMS, Run, predicted, read_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

KILOBYTE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """One term of one run: measured, and the interval that was predicted; bytes."""

    run: Run
    measured: float
    low: int
    mid: int
    high: int

    @property
    def error(self) -> float:
        """Predicted less measured, as a share of the measured size."""
        return (self.mid - self.measured) / self.measured

    @property
    def covered(self) -> bool:
        """The interval holds the measured size; half of a last printed digit is forgiven."""
        return self.low - self.run.rounding <= self.measured <= self.high + self.run.rounding


def residuals(runs: Iterable[Run], term: str) -> list[Residual]:
    """What a term says about each run that measured it."""
    found = []
    for run in runs:
        measured = run.measured(term)
        interval = None if measured is None else predicted(run, term)
        if measured is not None and interval is not None:
            low, mid, high = (end.item() for end in (interval.low, interval.mid, interval.high))
            found.append(Residual(run=run, measured=measured, low=low, mid=mid, high=high))
    return found


def source_weights(sources: list[str]) -> np.ndarray:
    """A weight a row, such that every source weighs the same: Float64[rows]."""
    counts = Counter(sources)
    weights = np.array([1 / counts[source] for source in sources])
    return np.asarray(weights / weights.sum())


def weighted_quantile(values: list[float], weights: np.ndarray, share: float) -> float:
    """The value below which ``share`` of the weight lies, between neighbours interpolated."""
    order = np.argsort(values)
    ranked, cumulated = np.asarray(values)[order], np.cumsum(weights[order])
    middles = cumulated - weights[order] / 2
    return float(np.interp(share, middles, ranked))


def print_errors(runs: list[Run], worst: int) -> None:
    """One row a term: median absolute error by runs and by sources, coverage; then the worst."""
    heads = ("runs", "sources", "|error| runs", "sources", "in interval")
    print(f"{'term':22}" + "".join(f"{head:>13}" for head in heads))
    for term in TERMS:
        rows = residuals(runs, term)
        if not rows:
            continue
        weights = source_weights([row.run.source for row in rows])
        errors = [abs(row.error) for row in rows]
        error = weighted_quantile(errors, weights, 0.5)
        coverage = float(weights @ np.array([row.covered for row in rows]))
        sources = len({row.run.source for row in rows})
        print(
            f"{term:22}{len(rows):13}{sources:13}{np.median(errors):13.1%}{error:13.1%}"
            f"{coverage:13.0%}"
        )
        for row in sorted(rows, key=lambda r: -abs(r.error))[:worst]:
            print(
                f"    {row.run.name[:58]:58} {gib(row.measured):6.2f} measured "
                f"{gib(row.mid):6.2f} [{gib(row.low):.2f}, {gib(row.high):.2f}]"
            )


def print_constants(runs: list[Run]) -> None:
    """One row a constant: what it is, and what these runs make of it."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    sources: dict[tuple[str, str], list[str]] = defaultdict(list)
    present: dict[tuple[str, str], tuple[float, float, float]] = {}
    for run in runs:
        for implied in implied_constants(run):
            key = (implied.name, implied.scope)
            values[key].append(implied.value)
            sources[key].append(run.source)
            present[key] = (implied.now.low, implied.now.mid, implied.now.high)
    print(
        f"\n{'constant':33}{'holds for':28}{'runs':>5}  {'now, MB or copies':27}{'by these runs'}"
    )
    for key in sorted(values):
        weights = source_weights(sources[key])
        fitted = tuple(weighted_quantile(values[key], weights, s) for s in (0.1, 0.5, 0.9))
        print(
            f"{key[0]:33}{key[1]:28}{len(values[key]):5}  {_ends(present[key]):27}{_ends(fitted)}"
        )


def _ends(ends: tuple[float, ...]) -> str:
    """Bytes as megabytes; what is smaller than a kilobyte is a count."""
    return " / ".join(f"{end / 1e6:.2f}" if abs(end) >= KILOBYTE else f"{end:.1f}" for end in ends)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--worst", type=int, default=0, help="runs to name under each term")
    runs = read_runs()
    print_errors(runs, parser.parse_args().worst)
    print_constants(runs)


if __name__ == "__main__":
    main()
