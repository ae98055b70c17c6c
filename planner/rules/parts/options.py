"""Rules about options: what is asked is wrong whatever the layout: all rows break it or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.rules.base import Explanation

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.case import Case

    #: what is wrong, why, what to type
    Told = tuple[str, str, str]


def of_options(
    wrong: Callable[[Case], Told | None], *, source: str
) -> tuple[Callable[[Case], bool], Callable[[Case, int], Explanation]]:
    """``broken`` and ``explain`` of a rule that looks at several options, one after another.

    Where the condition is one line, two functions of the rule's own are plainer.

    Args:
        wrong: the first thing that is wrong with a request, or None.
        source: where vLLM checks it.
    """

    def broken(case: Case) -> bool:
        return wrong(case) is not None

    def explain(case: Case, row: int) -> Explanation:
        del row
        message, cause, fix = wrong(case) or ("", "", "")
        return Explanation(message=message, cause=cause, fix=fix, source=source)

    return broken, explain
