"""The layouts that were chosen as documents: each in full, with why it stands where it stands."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from planner.choice import best_rows
from planner.curves import curves
from planner.describe import describe_layout, improvements, performance, price_in, with_cost
from planner.rank.words import why
from planner.rules.base import row_findings

if TYPE_CHECKING:
    from planner import plan
    from planner.choice import Chosen
    from planner.finding import Finding
    from planner.judged import Judged
    from planner.rank.prospect import Prospect
    from planner.resolve import Subject


def choose(subject: Subject, judged: list[Judged]) -> list[Chosen]:
    """The best layouts of all groups of hosts together, by what the request wants."""
    goal = subject.request.goal
    prices: dict[str, float] = {}
    if goal.max_cost is not None:
        found = {group.text: price_in(subject, group) for group in subject.groups}
        prices = {text: price.usd_per_gpu_hour for text, price in found.items() if price}
    return best_rows(judged, subject.request.top, goal, prices)


def best_layouts(subject: Subject, judged: list[Judged]) -> tuple[plan.Layout, ...]:
    """The best layouts, each in full."""
    return describe_chosen(subject, choose(subject, judged))


def describe_chosen(subject: Subject, chosen: list[Chosen]) -> tuple[plan.Layout, ...]:
    """The layouts in full, in the order given."""
    prices = {group.text: price_in(subject, group) for group in subject.groups if chosen}
    goal = subject.request.goal
    told = _told(chosen)
    layouts = []
    for place, each in enumerate(chosen):
        findings, improvement = told[place]
        layout = describe_layout(
            each.case,
            each.row,
            model=subject.source.served,
            revision=subject.request.revision,
            executor=subject.request.executor,
            storage=subject.request.storage,
            group=subject.groups.index(each.case.group),
            curves=curves(each.case, each.row, wanted=subject.request.show_curves),
            speed=_speed(each),
            why=why(each.case, each.row, each.prospect, goal, _first(chosen, place)),
            findings=findings,
            notes=(f"on {each.case.group.text}",) if len(subject.groups) > 1 else (),
        )
        layout = with_cost(layout, prices[each.case.group.text])
        layouts.append(layout.model_copy(update={"improvement": improvement}))
    return tuple(layouts)


def _speed(each: Chosen) -> plan.Performance | None:
    """At the load that the layout is compared at."""
    concurrency, rate = (
        float(column[each.row]) if np.isfinite(column[each.row]) else None
        for column in (each.prospect.concurrency, each.prospect.request_rate)
    )
    return performance(each.case, each.row, concurrency, rate)


def _first(chosen: list[Chosen], place: int) -> tuple[Prospect, int] | None:
    """What a layout is held against; nothing for the first one."""
    return (chosen[0].prospect, chosen[0].row) if place else None


def _told(chosen: list[Chosen]) -> dict[int, tuple[tuple[Finding, ...], plan.Improvement | None]]:
    """Findings and the best change, by a layout's place; rows of a table are judged together."""
    by_case = groupby(sorted(enumerate(chosen), key=_case_of), key=_case_of)
    told: dict[int, tuple[tuple[Finding, ...], plan.Improvement | None]] = {}
    for _, members in by_case:
        places = list(members)
        case, rows = places[0][1].case, [each.row for _, each in places]
        both = zip(row_findings(case, rows), improvements(case, rows), strict=True)
        told |= zip((place for place, _ in places), both, strict=True)
    return told


def _case_of(placed: tuple[int, Chosen]) -> int:
    return id(placed[1].case)
