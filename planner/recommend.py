"""Recommend: many rows, keep the unbroken, rank."""

from __future__ import annotations

import os
from itertools import groupby
from typing import TYPE_CHECKING, Any

from planner import plan
from planner.arithmetic import arithmetic
from planner.choice import best_rows
from planner.curves import curves
from planner.describe import (
    describe_hardware,
    describe_layout,
    describe_model,
    price_in,
    unpriced,
    with_cost,
)
from planner.judged import Judged, judge_candidates, rejections
from planner.provenance import provenance
from planner.rank import why
from planner.request import require
from planner.resolve import resolve
from planner.rules.base import row_findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.finding import Finding
    from planner.lookups import Lookups
    from planner.request import Request
    from planner.resolve import Subject


def recommend(
    request: Request, environ: Mapping[str, str] | None = None, lookups: Lookups | None = None
) -> plan.Answer:
    """Layouts that vLLM accepts and that fit, the best first, and what was rejected and why.

    ``lookups`` keeps what requests of one run name more than once.

    Raises:
        PlannerError: what the request names is unknown, unreadable or out of reach.
    """
    require(request, "recommend")
    subject = resolve(request, os.environ if environ is None else environ, lookups)
    judged = [] if subject.refused else [judge_candidates(subject, g) for g in subject.groups]
    layouts = best_layouts(subject, judged)
    missing = () if layouts or subject.refused else _remedies(subject, judged)
    return plan.Answer.model_construct(
        command="recommend",
        vllm_version=subject.version.name,
        calibration=subject.calibrated_by,
        model=describe_model(subject),
        hardware=describe_hardware(subject),
        layouts=layouts,
        rejected=tuple(row for group in judged for row in rejections(group)),
        findings=(*subject.findings, *missing),
        notes=(*subject.source.notes, *(unpriced(subject, subject.groups) if layouts else ())),
        **_shown(request, judged, layouts),
    )


def _shown(
    request: Request, judged: list[Judged], layouts: tuple[plan.Layout, ...]
) -> dict[str, Any]:
    """What is told of the first layout where it is asked for."""
    if not layouts or not (request.show_math or request.show_sources):
        return {}
    case, row = best_rows(judged, 1)[0]
    return {
        "math": arithmetic(case, row) if request.show_math else None,
        "provenance": provenance(case, request.storage) if request.show_sources else None,
    }


def _remedies(subject: Subject, judged: list[Judged]) -> tuple[Finding, ...]:
    from planner.remedies import nothing_fits  # only a request that cannot be met needs it

    return nothing_fits(subject, judged)


def best_layouts(subject: Subject, judged: list[Judged]) -> tuple[plan.Layout, ...]:
    """The first layouts of all groups of hosts together, each in full."""
    chosen = best_rows(judged, subject.request.top)
    by_case = groupby(sorted(enumerate(chosen), key=_case_of), key=_case_of)
    findings: dict[int, tuple[Finding, ...]] = {}
    for _, members in by_case:
        places = list(members)
        case = places[0][1][0]
        found = row_findings(case, [row for _, (_, row) in places])
        findings |= zip((place for place, _ in places), found, strict=True)
    prices = {group.text: price_in(subject, group) for group in subject.groups if chosen}
    return tuple(
        with_cost(
            describe_layout(
                case,
                row,
                model=subject.source.id,
                revision=subject.request.revision,
                executor=subject.request.executor,
                storage=subject.request.storage,
                group=subject.groups.index(case.group),
                curves=curves(case, row, wanted=subject.request.show_curves),
                why=why(case, row, first=place == 0),
                findings=findings[place],
                notes=(f"on {case.group.text}",) if len(subject.groups) > 1 else (),
            ),
            prices[case.group.text],
        )
        for place, (case, row) in enumerate(chosen)
    )


def _case_of(chosen: tuple[int, tuple[Case, int]]) -> int:
    return id(chosen[1][0])
