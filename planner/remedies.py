"""When nothing fits: the nearest miss, and the cheapest change that makes it fit, computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Finding

if TYPE_CHECKING:
    from planner.judged import Judged
    from planner.resolve import Subject


def nothing_fits(subject: Subject, judged: list[Judged]) -> tuple[Finding, ...]:
    """Findings about the request as a whole."""
    del subject, judged
    return ()
