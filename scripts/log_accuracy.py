"""Compare full answers with public starts of vLLM: weights, capacity, and whether they start.

Reads ``tests/data/logs_public`` and prints three tables, the worst rows of each, and the rows
that are left out with their reasons. Every source weighs the same, however many rows it has.

Usage: ``python -m scripts.log_accuracy [--worst N]``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from planner.units import gib
from scripts.log_figures import (
    PERCENT,
    LogAnswer,
    LogFigures,
    all_log_answers,
    calibration,
    log_figures,
    stated,
    supported,
)
from scripts.public_runs import read_excluded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def log_tables(
    answers: Sequence[LogAnswer], worst: int = 5
) -> list[tuple[str, list[str], list[list[str]]]]:
    """Titles, heads and rows, for a page or a terminal."""
    return [
        *(
            (title, ["figure", "sources", "rows", "value"], _headlines(log_figures(rows)))
            for title, rows in (
                ("Public starts, releases from 0.11", supported(answers)),
                ("Public starts, all releases", stated(answers)),
                ("Public starts, with rows where something is assumed", answers),
            )
        ),
        (
            "Probability that it starts, releases from 0.11",
            ["probability", "rows", "mean", "started"],
            [
                [name, str(n), f"{mean:.2f}", f"{share:.2f}"]
                for name, n, mean, share in calibration(supported(answers))
            ],
        ),
        (
            "Weights, worst",
            ["start", "printed GiB", "predicted", "error %"],
            _worst_weights(answers, worst),
        ),
        (
            "Capacity, worst",
            ["start", "printed", "predicted", "error %"],
            _worst_capacity(answers, worst),
        ),
        ("Verdicts, wrong", ["start", "came up", "probability", "rules"], _wrong_verdicts(answers)),
        (
            "Left out",
            ["rows", "reason"],
            [
                [str(n), why]
                for why, n in Counter(r["reason"] for r in read_excluded()).most_common()
            ],
        ),
    ]


def _headlines(figures: LogFigures) -> list[list[str]]:
    weights = (figures.weights_sources, figures.weights_rows)
    capacity = (figures.capacity_sources, figures.capacity_rows)
    verdicts = (figures.verdict_sources, figures.verdict_rows)
    values = {
        "weights within 0.1 %, %": (weights, figures.weights_within_tenth_percent),
        "weights within 1 %, %": (weights, figures.weights_within_percent),
        "capacity, median error, %": (capacity, figures.capacity_median_error),
        "capacity within 3 %, %": (capacity, figures.capacity_within_three_percent),
        "starts or does not, right, %": (verdicts, figures.verdicts_right),
        "sure and wrong, rows": (verdicts, figures.confidently_wrong),
        "Brier score": (verdicts, figures.brier),
    }
    return [
        [name, str(sources), str(rows), f"{value:.3g}"]
        for name, ((sources, rows), value) in values.items()
    ]


def _worst_weights(answers: Sequence[LogAnswer], worst: int) -> list[list[str]]:
    rows = [a for a in answers if a.weights_error is not None]
    rows.sort(key=lambda a: -abs(a.weights_error or 0))
    return [
        [
            a.run.name,
            f"{gib(a.run.weights_bytes or 0):.3f}",
            f"{gib(a.prediction.weights_bytes or 0):.3f}",
            f"{PERCENT * (a.weights_error or 0):+.2f}",
        ]
        for a in rows[:worst]
    ]


def _worst_capacity(answers: Sequence[LogAnswer], worst: int) -> list[list[str]]:
    rows = [a for a in answers if a.capacity is not None]
    rows.sort(key=lambda a: -abs(a.capacity_error or 0))
    return [
        [
            a.run.name,
            *(f"{value:,.2f}" for value in a.capacity or ()),
            f"{PERCENT * (a.capacity_error or 0):+.2f}",
        ]
        for a in rows[:worst]
    ]


def _wrong_verdicts(answers: Iterable[LogAnswer]) -> list[list[str]]:
    return [
        [
            a.run.name,
            "yes" if a.run.starts else "no",
            f"{a.prediction.probability:.2f}",
            a.prediction.codes,
        ]
        for a in answers
        if a.verdict is False
    ]


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--worst", type=int, default=12, help="rows to name")
    for title, heads, rows in log_tables(all_log_answers(), parser.parse_args().worst):
        print(f"\n{title}\n  {' | '.join(heads)}")
        for row in rows:
            print(f"  {' | '.join(row)}")


if __name__ == "__main__":
    main()
