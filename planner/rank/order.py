"""The order of layouts: what is certain, the limits, the objective, and then what is advised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.rank.preference import tiers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.rank.prospect import Prospect
    from planner.units import Ints


@frozen
class Ranked:
    """Rows of several tables, the best first.

    Attributes:
        part: the table of each.
        row: its row there.
        tier: of those alike in what is certain, the limits and the objective.
    """

    part: Ints
    row: Ints
    tier: Ints


def order(prospect: Prospect, rows: Ints) -> Ints:
    """The given rows of one table, the best first."""
    return merged([(prospect, rows)]).row


def merged(parts: Sequence[tuple[Prospect, Ints]]) -> Ranked:
    """Rows of several tables together, the best first."""
    nothing = np.zeros(0, dtype=np.int64)
    if not parts:
        return Ranked(part=nothing, row=nothing, tier=nothing)

    def together(columns: Sequence[tuple[Ints, ...]]) -> list[Ints]:
        return [
            np.concatenate([key[rows] for key, (_, rows) in zip(keys, parts, strict=True)])
            for keys in zip(*columns, strict=True)
        ]

    first = together([(*each.before, each.stands) for each, _ in parts])
    after = together([each.after for each, _ in parts])
    weight = np.concatenate([each.weight[rows] for each, rows in parts])
    part = np.repeat(np.arange(len(parts)), [len(rows) for _, rows in parts])
    row = np.concatenate([rows for _, rows in parts])
    sequence, tier = tiers(first, weight, max(each.alike for each, _ in parts))
    # the last of the keys decides first
    final = np.lexsort([weight[sequence], *(key[sequence] for key in reversed(after)), tier])
    return Ranked(part=part[sequence[final]], row=row[sequence[final]], tier=tier[final])
