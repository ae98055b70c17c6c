"""Compare full answers with public starts of vLLM: weights, capacity, and whether they start.

Reads ``tests/data/logs_public`` and prints the tables of the accuracy page's section on them.
Every source weighs the same, however many rows it has.

Usage: ``python -m scripts.starts.accuracy [--worst N]``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from planner.units import gib
from scripts.starts.exceptions import reason
from scripts.starts.figures import (
    PERCENT,
    LogAnswer,
    LogFigures,
    all_log_answers,
    calibration,
    log_figures,
    stated,
    supported,
)
from scripts.starts.groups import TERMS, grouped, term_figures
from scripts.starts.public_runs import read_excluded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: title, heads, rows
Table = tuple[str, list[str], list[list[str]]]
_BAR = 20


def log_tables(answers: Sequence[LogAnswer], worst: int = 5) -> Iterator[Table]:
    """Titles, heads and rows, for a page or a terminal."""
    judged = supported(answers)
    yield _reached(answers)
    yield _terms(judged)
    groups = {
        "vLLM version, all releases": grouped(
            stated(answers), lambda a: ".".join(a.run.row["vllm"].split(".")[:2])
        ),
        "model class": grouped(judged, lambda a: a.prediction.model_class),
        "number format": grouped(judged, lambda a: a.prediction.number_format),
    }
    for title, figures in groups.items():
        yield _groups(title, figures)
    heads = ["probability", "rows", "mean", "came up", "█ came up, │ mean probability"]
    yield "Probability that it starts", heads, list(_calibration(judged))
    yield _worst_weights(judged, worst)
    yield _worst_capacity(judged, worst)
    yield _wrong_verdicts("Verdicts, wrong", judged)
    older = [a for a in stated(answers) if not a.run.is_supported]
    yield _wrong_verdicts("Verdicts of releases before 0.11, wrong", older)
    left_out = Counter(row["reason"] for row in read_excluded())
    yield "Left out", ["rows", "why"], [[str(n), why] for why, n in left_out.most_common()]


def _reached(answers: Sequence[LogAnswer]) -> Table:
    """The figures of the rows that are judged, and of wider choices of rows."""
    scopes = {
        "from 0.11": supported(answers),
        "all releases": stated(answers),
        "something assumed too": answers,
    }
    columns = [_values(log_figures(rows)) for rows in scopes.values()]
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    return "What is reached", ["figure", *scopes], rows


def _values(figures: LogFigures) -> dict[str, str]:
    """Each figure with the rows and sources it rests on."""
    weights = f"{figures.weights_rows} rows, {figures.weights_sources} sources"
    capacity = f"{figures.capacity_rows} rows, {figures.capacity_sources} sources"
    verdicts = f"{figures.verdict_rows} rows, {figures.verdict_sources} sources"
    return {
        "weights within 0.1 %, %": f"{figures.weights_within_tenth_percent:.1f} ({weights})",
        "weights within 1 %, %": f"{figures.weights_within_percent:.1f}",
        "capacity, median error, %": f"{figures.capacity_median_error:.2f} ({capacity})",
        "capacity within 3 %, %": f"{figures.capacity_within_three_percent:.1f}",
        "starts or does not, right, %": f"{figures.verdicts_right:.1f} ({verdicts})",
        "sure of it and wrong, rows": str(figures.confidently_wrong),
        "Brier score": f"{figures.brier:.3f}",
    }


def _terms(answers: Sequence[LogAnswer]) -> Table:
    heads = ["term", "rows", "sources", "median error, %", "in interval, %"]
    found = {name: term_figures(answers, name) for name in TERMS}
    rows = [
        [name, str(f.rows), str(f.sources), f"{f.median_error:.2f}", f"{f.in_interval:.0f}"]
        for name, f in found.items()
        if f is not None
    ]
    return "By memory term", heads, rows


def _groups(title: str, figures: dict[str, LogFigures]) -> Table:
    heads = ["weights", "0.1 %", "1 %", "capacity", "median", "3 %", "verdicts", "right"]
    rows = []
    for name, f in figures.items():
        weights = (f.weights_within_tenth_percent, f.weights_within_percent)
        capacity = (f.capacity_median_error, f.capacity_within_three_percent)
        rows.append(
            [
                name,
                *_counted(f.weights_rows, *weights),
                *_counted(f.capacity_rows, *capacity),
                *_counted(f.verdict_rows, f.verdicts_right),
            ]
        )
    return f"By {title}", [title.partition(",")[0], *heads], rows


def _counted(rows: int, *values: float) -> list[str]:
    """Rows and what they say; empty where there are none."""
    shown = [str(rows), *(f"{value:.1f}" for value in values)]
    return shown if rows else [""] * len(shown)


def _calibration(answers: Sequence[LogAnswer]) -> Iterator[list[str]]:
    for name, rows, mean, started in calibration(answers):
        bar = list("█" * round(_BAR * started) + "·" * (_BAR - round(_BAR * started)))
        bar.insert(round(_BAR * mean), "│")
        yield [name, str(rows), f"{mean:.2f}", f"{started:.2f}", f"`{''.join(bar)}`"]


def _worst_weights(answers: Sequence[LogAnswer], worst: int) -> Table:
    rows = [a for a in answers if a.weights_error]
    rows.sort(key=lambda a: -abs(a.weights_error or 0))
    heads = ["start", "printed GiB", "predicted", "error %", "why"]
    lines = [
        [
            f"{a.run.name} ({a.run.source})",
            f"{gib(a.run.weights_bytes or 0):.3f}",
            f"{gib(a.prediction.weights_bytes or 0):.3f}",
            f"{PERCENT * (a.weights_error or 0):+.2f}",
            reason(a, "weights"),
        ]
        for a in rows[:worst]
    ]
    return "Weights, worst", heads, lines


def _worst_capacity(answers: Sequence[LogAnswer], worst: int) -> Table:
    rows = [a for a in answers if a.capacity is not None]
    rows.sort(key=lambda a: -abs(a.capacity_error or 0))
    heads = ["start", "printed", "predicted", "error %", "why"]
    lines = [
        [
            f"{a.run.name} ({a.run.source})",
            *(f"{value:,.2f}" for value in a.capacity or ()),
            f"{PERCENT * (a.capacity_error or 0):+.2f}",
            reason(a, "capacity"),
        ]
        for a in rows[:worst]
    ]
    return "Capacity (tokens, or requests), worst", heads, lines


def _wrong_verdicts(title: str, answers: Sequence[LogAnswer]) -> Table:
    rows = [
        [
            f"{a.run.name} ({a.run.source})",
            "yes" if a.run.starts else "no",
            f"{a.prediction.probability:.2f}",
            a.prediction.codes,
            reason(a, "verdict"),
        ]
        for a in answers
        if a.verdict is False
    ]
    return title, ["start", "came up", "probability", "rules", "why"], rows


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
