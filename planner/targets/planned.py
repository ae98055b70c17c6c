"""The load and the goal that a plan was made for, as a request has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, UsageError
from planner.goal import Goal, check_goal
from planner.lengths import Lengths
from planner.workload import Workload, check_workload

if TYPE_CHECKING:
    from planner.plan import Answer


def workload_of(name: str, plan: Answer) -> Workload | None:
    """The load of the plan in a file; None where it tells none.

    Raises:
        InvalidInputError: a number of it makes no sense.
    """
    if plan.workload is None:
        return None
    told = dict(plan.workload)
    if plan.workload.lengths is not None:
        lengths = Lengths(**dict(plan.workload.lengths))
        told |= dict(zip(("input_tokens", "output_tokens"), lengths.means, strict=True))
        told["lengths"] = lengths
    found = Workload(**told)
    try:
        check_workload(found)
    except UsageError as error:
        raise InvalidInputError(f"{name}: workload.{error.message}", fix=error.fix) from None
    return found


def goal_of(name: str, plan: Answer) -> Goal | None:
    """The goal of the plan in a file; None where it tells none.

    Raises:
        InvalidInputError: a number of it makes no sense.
    """
    if plan.goal is None:
        return None
    found = Goal(**dict(plan.goal))
    try:
        check_goal(found)
    except UsageError as error:
        raise InvalidInputError(f"{name}: goal.{error.message}", fix=error.fix) from None
    return found
