"""The layouts to show: the best of all groups of hosts, each under its best division of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.rank import compare, order
from planner.repartition import repartitioned

if TYPE_CHECKING:
    from planner.case import Case
    from planner.judged import Judged


def best_rows(judged: list[Judged], top: int) -> list[tuple[Case, int]]:
    """The first layouts, best first: a case and its row each."""
    chosen: list[tuple[Case, int]] = []
    for group in judged:
        rows = order(group.case, np.flatnonzero(group.fitting))[:top].tolist()
        better = repartitioned(group.case, rows)
        chosen += [better.get(row, (group.case, row)) for row in rows]
        chosen += group.mended.values()
    chosen.sort(key=lambda pair: compare(*pair))
    return chosen[:top]
