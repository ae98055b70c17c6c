"""What was asked, as documents: the load and the goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner import plan

if TYPE_CHECKING:
    from planner.goal import Goal
    from planner.workload import Workload


def describe_workload(asked: Workload) -> plan.Workload:
    """The load, and the limits on it."""
    told = {name: getattr(asked, name) for name in plan.Workload.model_fields}
    if asked.lengths is not None:
        names = plan.Lengths.model_fields
        told["lengths"] = plan.Lengths.model_construct(
            **{name: getattr(asked.lengths, name) for name in names}
        )
    return plan.Workload.model_construct(**told)


def describe_goal(asked: Goal) -> plan.Goal:
    """By what layouts are compared."""
    return plan.Goal.model_construct(
        **{name: getattr(asked, name) for name in plan.Goal.model_fields}
    )
