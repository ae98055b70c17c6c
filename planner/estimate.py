"""Estimate: the same table with one row, in full; without GPUs the bare model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from planner import plan
from planner.arithmetic import arithmetic
from planner.curves import curves
from planner.describe import (
    describe_bare_model,
    describe_hardware,
    describe_layout,
    describe_model,
    price_in,
    unpriced,
    with_cost,
)
from planner.request import require
from planner.resolve import resolve, table
from planner.rules.base import row_findings
from planner.search import fixed_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.request import Request


def estimate(request: Request, environ: Mapping[str, str] | None = None) -> plan.Answer:
    """One layout in full, fitting or not; without ``gpus`` what the model takes undivided.

    Raises:
        PlannerError: what the request names is unknown, unreadable or out of reach.
    """
    require(request, "estimate", gpus=False)
    subject = resolve(request, os.environ if environ is None else environ)
    layouts: tuple[plan.Layout, ...] = ()
    math: tuple[plan.MathStep, ...] | None = None
    model = describe_model(subject)
    if not subject.refused and not subject.groups:
        model = describe_bare_model(subject)
    elif not subject.refused:
        case = table(subject, subject.groups[0], fixed_layout(request.pinned))
        layout = describe_layout(
            case,
            0,
            model=subject.source.id,
            revision=subject.request.revision,
            executor=request.executor,
            storage=request.storage,
            curves=curves(case, 0, wanted=request.show_curves),
            findings=row_findings(case, [0])[0],
        )
        layouts = (with_cost(layout, price_in(subject, case.group)),)
        math = arithmetic(case, 0) if request.show_math else None
    return plan.Answer.model_construct(
        command="estimate",
        vllm_version=subject.version.name,
        calibration=subject.calibrated_by,
        model=model,
        hardware=describe_hardware(subject) if subject.groups else None,
        layouts=layouts,
        findings=subject.findings,
        notes=(*subject.source.notes, *(unpriced(subject, subject.groups[:1]) if layouts else ())),
        math=math,
    )
