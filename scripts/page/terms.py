"""The accuracy page's section on memory terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.units import gib
from scripts.markdown import table
from scripts.memory.fit_terms import residuals, source_weights, weighted_quantile
from scripts.memory.held_out_terms import held_out
from scripts.memory.runs import TERMS, read_runs
from scripts.page.figures import PERCENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.memory.fit_terms import Residual

_TERMS = """
What constructed weights and caches do not hold has to be measured. Each row compares a term with
starts of vLLM in `tests/data/memory_terms`; the error is the median of the absolute errors, once
over runs, once with every source weighing the same. The interval is the planner's own low to high.
"""
_HELD_OUT = """
The constants above were fitted to runs that they are judged by. Here the sources fall into two
halves, and each is judged by constants fitted anew to the other: the 10th, 50th and 90th percentile
of what its runs imply. Only runs are judged whose constants the other half tells. The formulas were
worked out with all runs in sight, so they are not held out. Intervals fitted to a few runs are too
narrow: those shipped are widened by what was read in vLLM's code, and by hand.
"""


def terms() -> Iterator[str]:
    """The section of the accuracy page on memory terms."""
    runs = read_runs()
    yield from ("## Memory terms", _TERMS)
    columns = ["runs", "sources", "error, runs %", "error, sources %", "in interval %"]
    found = {name: residuals(runs, name) for name in TERMS}
    yield from table(
        ["term", *columns], ([_name(n), *_term(rows)] for n, rows in found.items() if rows)
    )
    parts = {"vLLM version": "vllm", "board family": "family"}
    for title, column in parts.items():
        lines = [
            [_name(name), value, *_term([row for row in rows if row.run.row[column] == value])]
            for name, rows in found.items()
            for value in sorted({row.run.row[column] for row in rows}, key=_natural)
        ]
        yield from (f"### By {title}", "")
        yield from table(["term", title, *columns], lines)
    yield from ("### The worst of each term", "")
    worst = [
        [
            _name(name),
            row.run.name,
            f"{gib(row.measured):.2f}",
            f"{gib(row.mid):.2f}",
            _interval(row),
        ]
        for name, rows in found.items()
        for row in sorted(rows, key=lambda r: -abs(r.error))[:3]
    ]
    yield from table(["term", "run", "measured GiB", "predicted", "interval"], worst)
    yield from ("### Held out", _HELD_OUT)
    yield from _held_out()


def _term(rows: Sequence[Residual]) -> list[str]:
    weights = source_weights([row.run.source for row in rows])
    errors = [abs(row.error) for row in rows]
    by_source = weighted_quantile(errors, weights, 0.5)
    coverage = float(weights @ np.array([row.covered for row in rows]))
    sources = len({row.run.source for row in rows})
    percents = [f"{PERCENT * value:.1f}" for value in (float(np.median(errors)), by_source)]
    return [str(len(rows)), str(sources), *percents, f"{PERCENT * coverage:.0f}"]


def _held_out() -> Iterator[str]:
    heads = ["term", "constants", "runs", "sources"]
    columns = ["error, runs %", "error, sources %", "in interval %"]
    lines = [
        [_name(name), title, *_term(rows)]
        for name, pair in held_out(read_runs()).items()
        for title, rows in zip(("as shipped", "of the other half"), pair, strict=True)
        if rows
    ]
    yield from table([*heads, *columns], lines)


def _name(term: str) -> str:
    return term.replace("_", "-")


def _interval(row: Residual) -> str:
    return f"{gib(row.low):.2f} to {gib(row.high):.2f}"


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in text.split("."))
