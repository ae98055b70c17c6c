"""Estimate: the same table with one row, in full; without GPUs the bare model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from planner import plan
from planner.arithmetic import arithmetic
from planner.curves import curves
from planner.describe import (
    describe_bare_model,
    describe_goal,
    describe_hardware,
    describe_layout,
    describe_model,
    describe_workload,
    improvements,
    performance,
    price_in,
    unpriced,
    with_cost,
)
from planner.provenance import provenance
from planner.request import require
from planner.resolve import resolve, table
from planner.rules.base import row_findings
from planner.search import fixed_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.lookups import Lookups
    from planner.request import Request
    from planner.resolve import Subject


def estimate(
    request: Request, environ: Mapping[str, str] | None = None, lookups: Lookups | None = None
) -> plan.Answer:
    """One layout in full, fitting or not; without ``gpus`` what the model takes undivided.

    ``lookups`` keeps what requests of one run name more than once.

    Raises:
        PlannerError: what the request names is unknown, unreadable or out of reach.
    """
    require(request, "estimate", gpus=False)
    subject = resolve(request, os.environ if environ is None else environ, lookups)
    return answer_of(subject, fixed_case(subject))


def fixed_case(subject: Subject) -> Case | None:
    """The table of the one layout that is asked; None without GPUs, or where vLLM refuses."""
    if subject.refused or not subject.groups:
        return None
    return table(subject, subject.groups[0], fixed_layout(subject.request.pinned))


def answer_of(subject: Subject, case: Case | None) -> plan.Answer:
    """The answer about the one layout of a case, or about the bare model."""
    request = subject.request
    layouts: tuple[plan.Layout, ...] = ()
    math: tuple[plan.MathStep, ...] | None = None
    sources: tuple[plan.Provenance, ...] | None = None
    model = describe_model(subject)
    if not subject.refused and not subject.groups:
        model = describe_bare_model(subject)
    elif case is not None:
        layout = describe_layout(
            case,
            0,
            model=subject.source.served,
            revision=subject.request.revision,
            executor=request.executor,
            storage=request.storage,
            curves=curves(case, 0, wanted=request.show_curves),
            speed=performance(case, 0) if case.placement.hosts[0] <= case.placement.nodes else None,
            findings=row_findings(case, [0])[0],
        )
        layout = layout.model_copy(update={"improvement": improvements(case, [0])[0]})
        layouts = (with_cost(layout, price_in(subject, case.group)),)
        math = arithmetic(case, 0) if request.show_math else None
        sources = provenance(case, request.storage) if request.show_sources else None
    return plan.Answer.model_construct(
        command="estimate",
        vllm_version=subject.version.name,
        calibration=subject.calibrated_by,
        model=model,
        hardware=describe_hardware(subject) if subject.groups else None,
        workload=describe_workload(request.workload),
        goal=describe_goal(request.goal),
        layouts=layouts,
        findings=subject.findings,
        notes=(*subject.source.notes, *(unpriced(subject, subject.groups[:1]) if layouts else ())),
        math=math,
        provenance=sources,
    )
