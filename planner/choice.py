"""The layouts to show: the best of all groups of hosts, each under its best division of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.goal import Goal
from planner.rank.order import merged, order
from planner.rank.prospect import Prospect, prospect
from planner.repartition import repartitioned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case import Case
    from planner.judged import Judged


@frozen
class Chosen:
    """A layout that was chosen: its row in a table, and how the rows of it compare."""

    case: Case
    row: int
    prospect: Prospect


class _Prospects:
    """How rows compare, worked out once for a table."""

    def __init__(self, goal: Goal, prices: Mapping[str, float]) -> None:
        self._goal = goal
        self._prices = prices
        self._known: dict[int, tuple[Case, Prospect]] = {}

    def of(self, case: Case) -> Prospect:
        """Of the rows of a table."""
        if id(case) not in self._known:
            price = self._prices.get(case.group.text)
            # the table is kept with it, so that no other takes its place in memory
            self._known[id(case)] = case, prospect(case, self._goal, price)
        return self._known[id(case)][1]


def best_rows(
    judged: list[Judged],
    top: int,
    goal: Goal | None = None,
    usd_per_gpu_hour: Mapping[str, float] | None = None,
) -> list[Chosen]:
    """The first layouts, best first.

    Args:
        judged: the tables of the groups of hosts.
        top: how many at most.
        goal: by what they are compared; None: throughput, no limits.
        usd_per_gpu_hour: by the group's text, for a limit of cost.
    """
    prospects = _Prospects(goal or Goal(), usd_per_gpu_hour or {})
    found: list[tuple[Case, int]] = []
    for group in judged:
        fitting = np.flatnonzero(group.fitting)
        if len(fitting):
            rows = order(prospects.of(group.case), fitting)[:top].tolist()
            better = repartitioned(group.case, rows)
            found += [better.get(row, (group.case, row)) for row in rows]
        found += group.mended.values()
    parts = [(prospects.of(case), np.array([row])) for case, row in found]
    first = merged(parts).part[:top].tolist()
    return [
        Chosen(case=found[each][0], row=found[each][1], prospect=parts[each][0]) for each in first
    ]
