"""Measurements that the fit of the speed model never saw: what the accuracy page has of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from scripts.markdown import table
from scripts.page.compared import CELLS, Agreement, Compared
from scripts.page.headline import Headline
from scripts.runs.timed_steps import DECODE, PROMPT, own_steps
from scripts.speed.public_servers import AT_ONCE, THROUGHPUT, TPOT, TTFT, all_compared, left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_INTRODUCTION = """
What no constant was fitted to: steps of own runs on dummy weights (`tests/data/h200_runs`,
`tests/data/h100_runs`, `tests/data/speed/batches.csv`), and servers that others published, each at
its stated options and load (`tests/data/speed/public.csv`). The errors are large where all
requests of a benchmark come at once and none after them: the model is one of steady loads.
"""
_ALIKE = """
Dummy weights send all tokens to the same experts where a bias is added to the router's scores: it
is then a hundred times what tells two tokens apart. By the arithmetic of experts that are read,
those steps take what is in the second line of a case; a checkpoint's tokens spread.
"""
_OPEN = """
Open: of prompts that no captured graph holds, those of experts take 1.2 to 2 ms a layer on the
virtual machine of the own runs, where served loads (`tests/data/speed/served.csv`) show half a
millisecond for the host's launches.
"""
#: limits of the guarded figures: median error of each kind, percent
_LIMITS = {
    DECODE: 10,
    PROMPT: 14,
    TPOT: 15,
    TTFT: 50,
    THROUGHPUT: 12,
    f"{TPOT}{AT_ONCE}": 45,
    f"{TTFT}{AT_ONCE}": 35,
    f"{THROUGHPUT}{AT_ONCE}": 28,
}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Steps as an answer has them, the same with tokens sent as they were, and servers."""

    steps: Sequence[Compared]
    as_they_ran: Sequence[Compared]
    servers: Sequence[Compared]


@cache
def elsewhere() -> Elsewhere:
    """All rows."""
    steps = list(own_steps())
    return Elsewhere(
        steps=[step.compared() for step in steps],
        as_they_ran=[step.compared(alike=True) for step in steps if step.routed_alike],
        servers=all_compared(),
    )


def by_figure(found: Iterable[Compared]) -> dict[str, list[Compared]]:
    """Those of each figure."""
    groups: dict[str, list[Compared]] = defaultdict(list)
    for each in found:
        groups[each.what].append(each)
    return groups


def by_source(found: Iterable[Compared]) -> dict[tuple[str, str], list[Compared]]:
    """Those of each source and figure."""
    groups: dict[tuple[str, str], list[Compared]] = defaultdict(list)
    for each in found:
        groups[each.source, each.what].append(each)
    return groups


def held_out_headlines(found: Elsewhere) -> list[Headline]:
    """Median errors by kind of figure, guarded."""
    kinds = by_figure([*found.steps, *found.servers])
    return [
        Headline(
            name=f"speed elsewhere: {what}, median error, %",
            value=round(Agreement.of(kinds[what]).median, 2),
            limit=limit,
            higher_is_better=False,
        )
        for what, limit in _LIMITS.items()
    ]


def held_out_section(found: Elsewhere) -> Iterator[str]:
    """By kind of figure, by case and by source."""
    yield from ("### Seen by no fit", _INTRODUCTION)
    both = by_figure([*found.steps, *found.servers])
    yield from table(["figure", *CELLS], ([what, *_cells(some)] for what, some in both.items()))
    yield from ("#### Own runs, by case", _ALIKE)
    yield from table(["case", "figure", *CELLS], _lines(found.steps, found.as_they_ran))
    yield _OPEN
    yield from ("#### Published servers, by source", "")
    yield from table(["source", "figure", *CELLS], _lines(found.servers, ()))
    yield from ("Left out, because too little is stated:", "")
    yield from table(
        ["source", "model", "rows", "reason"],
        ([row["source"], row["model"], row["rows"], row["reason"]] for row in left_out()),
    )


def _cells(found: Sequence[Compared]) -> list[str]:
    return Agreement.of(found).cells


def _lines(found: Sequence[Compared], alike: Sequence[Compared]) -> Iterator[list[str]]:
    other = by_source(alike)
    for key, some in by_source(found).items():
        source, what = key
        yield [source, what, *_cells(some)]
        if key in other:
            yield [source, f"{what}, same experts", *_cells(other[key])]
