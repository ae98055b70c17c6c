"""The layouts to show: the best of all groups of hosts, each under its best division of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.rank import compare, order
from planner.repartition import repartitioned

if TYPE_CHECKING:
    from planner.case import Case
    from planner.judged import Judged


def best_rows(judged: list[Judged], top: int) -> list[tuple[Case, int]]:
    """The first layouts, best first: a case and its row each."""
    chosen: list[tuple[Case, int]] = []
    for group in judged:
        fitting = group.fitting
        for row in order(fitting)[:top]:
            better = repartitioned(fitting, int(row))
            chosen.append((better, 0) if better else (fitting, int(row)))
    chosen.sort(key=lambda pair: compare(*pair))
    return chosen[:top]
