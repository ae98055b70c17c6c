"""Recommend: many rows, keep the unbroken, rank."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from planner import plan
from planner.arithmetic import arithmetic
from planner.describe import (
    describe_goal,
    describe_hardware,
    describe_model,
    describe_workload,
    unpriced,
)
from planner.judged import Judged, judge_candidates, rejections
from planner.provenance import provenance
from planner.request import require
from planner.resolve import resolve
from planner.shown import choose, describe_chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.choice import Chosen
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
    require(request, "recommend", gpus=not request.names_load)
    subject = resolve(request, os.environ if environ is None else environ, lookups)
    if not request.gpus:
        return _bought(subject)
    judged = [] if subject.refused else [judge_candidates(subject, g) for g in subject.groups]
    chosen = choose(subject, judged)
    layouts = describe_chosen(subject, chosen)
    missing = () if layouts or subject.refused else _remedies(subject, judged)
    return plan.Answer.model_construct(
        command="recommend",
        vllm_version=subject.version.name,
        calibration=subject.calibrated_by,
        model=describe_model(subject),
        hardware=describe_hardware(subject),
        workload=describe_workload(request.workload),
        goal=describe_goal(request.goal),
        layouts=layouts,
        rejected=tuple(row for group in judged for row in rejections(group)),
        findings=(*subject.findings, *missing, *(_cheaper(subject) if layouts else ())),
        purchases=_grown(subject) if layouts else None,
        pareto=_pareto(judged) if request.goal.pareto else None,
        notes=(*subject.source.notes, *(unpriced(subject, subject.groups) if layouts else ())),
        **_told(request, chosen),
    )


def _told(request: Request, chosen: list[Chosen]) -> dict[str, Any]:
    """What is told of the first layout where it is asked for."""
    if not chosen or not (request.show_math or request.show_sources):
        return {}
    case, row = chosen[0].case, chosen[0].row
    return {
        "math": arithmetic(case, row) if request.show_math else None,
        "provenance": provenance(case, request.storage) if request.show_sources else None,
    }


def _grown(subject: Subject) -> tuple[plan.Purchase, ...] | None:
    goal = subject.request.goal
    if not (goal.growth or goal.spare or goal.surge):
        return None
    from planner.shop import grown  # only where it is asked for

    return grown(subject)


def _cheaper(subject: Subject) -> tuple[Finding, ...]:
    if not (subject.request.objective == "cost" and subject.request.names_load):
        return ()
    from planner.shop import cheaper  # plans every kind of node that is sold

    return cheaper(subject)


def _pareto(judged: list[Judged]) -> tuple[plan.ParetoPoint, ...]:
    from planner.frontier import pareto  # only where it is asked for

    return pareto(judged)


def _bought(subject: Subject) -> plan.Answer:
    from planner.shop import shop  # only who names no GPUs needs it

    return shop(subject)


def _remedies(subject: Subject, judged: list[Judged]) -> tuple[Finding, ...]:
    from planner.remedies import nothing_fits  # only a request that cannot be met needs it

    return nothing_fits(subject, judged)
