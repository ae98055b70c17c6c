"""Estimate: the same table with one row, in full."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from planner import plan
from planner.describe import describe_hardware, describe_layout, describe_model
from planner.request import require
from planner.resolve import resolve, table
from planner.rules.base import row_findings
from planner.search import fixed_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.request import Request


def estimate(request: Request, environ: Mapping[str, str] | None = None) -> plan.Answer:
    """One layout in full, fitting or not.

    Raises:
        PlannerError: what the request names is unknown, unreadable or out of reach.
    """
    require(request, "estimate")
    subject = resolve(request, os.environ if environ is None else environ)
    layouts: tuple[plan.Layout, ...] = ()
    if not subject.refused:
        case = table(subject, subject.groups[0], fixed_layout(request.pinned))
        layouts = (
            describe_layout(
                case,
                0,
                model=subject.source.id,
                executor=request.executor,
                findings=row_findings(case, [0])[0],
            ),
        )
    return plan.Answer.model_construct(
        command="estimate",
        vllm_version=subject.version.name,
        model=describe_model(subject),
        hardware=describe_hardware(subject),
        layouts=layouts,
        findings=subject.findings,
        notes=subject.source.notes,
    )
