"""What is wanted of a deployment besides its load: the objective, money, spare and growth."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from planner.errors import UsageError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Objective = Literal["throughput", "latency", "cost", "context"]


@frozen
class Goal:
    """By what layouts are compared, and what they may cost."""

    objective: Objective = "throughput"
    """What the best layout is best at."""
    min_throughput: float | None = None
    """Output tokens a second that all the GPUs together must give; None asks for none."""
    max_cost: float | None = None
    """US dollars an hour that may be spent; None is any sum."""
    price: tuple[str, ...] = ()
    """What the user pays for a GPU and hour: ``2.50``, or ``H100=2.50``."""
    among: tuple[str, ...] = ()
    """Boards or node types to choose from where no GPUs are named; empty: all that are priced."""
    growth: tuple[float, ...] = ()
    """Multiples of the load to answer for too."""
    spare: int = 0
    """Replicas beyond what the load needs: 1 survives the loss of one."""
    surge: int = 0
    """Replicas more while a rolling update runs."""
    pareto: bool = False
    """Answer with the front of throughput against speed."""


def goal(keywords: dict[str, Any]) -> Goal:
    """The goal of keywords as typed: lists as texts with commas, or as sequences.

    Raises:
        UsageError: a value that makes no sense.
    """
    given = dict(keywords)
    for name in ("price", "among", "growth"):
        if name in given:
            given[name] = tuple(_listed(given[name]))
    if "growth" in given:
        given["growth"] = tuple(_multiple(text) for text in given["growth"])
    wanted = Goal(**given)
    check_goal(wanted)
    return wanted


def goal_with_said(planned: Goal, given: Goal, said: Collection[str]) -> Goal:
    """A plan's goal with what was typed beside it: ``said`` are the options of ``given``."""
    names = {each.name for each in fields(Goal)} & set(said)
    return replace(planned, **{name: getattr(given, name) for name in names})


def check_no_servers(wanted: Goal) -> None:
    """See that nothing counts servers where no load says how many there are.

    Raises:
        UsageError: growth or spare servers of no load.
    """
    if wanted.growth or wanted.spare or wanted.surge:
        raise UsageError(
            "--growth, --spare and --surge are for a load, and none is named",
            cause="they count the servers that a load needs",
            fix="add --concurrency 64, or --request-rate 5",
        )


def _listed(value: str | float | Sequence[Any]) -> list[str]:
    """Words between commas, of one text or of several."""
    several = [value] if isinstance(value, str | int | float) else list(value)
    return [word for each in several for word in str(each).replace(",", " ").split()]


def _multiple(text: str) -> float:
    try:
        multiple = float(text.rstrip("xX"))
    except ValueError:
        multiple = 0.0
    if not 0 < multiple < float("inf"):
        raise UsageError(f"growth {text!r} is no multiple", fix="--growth 2,10,100")
    return multiple


def check_goal(wanted: Goal) -> None:
    """See that each number makes sense.

    Raises:
        UsageError: one does not; its name is said.
    """
    if wanted.objective not in get_args(Objective):
        known = ", ".join(get_args(Objective))
        raise UsageError(f"objective is {wanted.objective!r}", fix=f"one of {known}")
    for name in ("min_throughput", "max_cost"):
        value = getattr(wanted, name)
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"{name} is {value!r}", fix="give a number above 0")
    for name in ("spare", "surge"):
        value = getattr(wanted, name)
        if not isinstance(value, int) or value < 0:
            raise UsageError(f"{name} is {value!r}", fix="give a whole number, 0 or more")
