"""What the planner chooses among measured servers, by predictions that had not seen their like."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.constants import term
from planner.rank.order import order
from planner.rank.preference import (
    ALIKE,
    Limits,
    Offered,
    Span,
    best_load,
    excess,
    score,
    standing,
)
from planner.rank.prospect import Prospect
from planner.rank.structure import advised_first, certain_first

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from planner.units import Floats, Ints
    from scripts.speed.model import Model
    from scripts.speed.rows import Row, Served
    from scripts.speed.splits import Unseen

#: GPUs of the cluster that layouts share: each row's server stands on it as often as it fits
CLUSTER = 8
LIMITS_S = (0.01, 0.015, 0.02, 0.03, 0.05)
_BROKEN = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Measured servers as the planner weighs them: columns over rows.

    Attributes:
        offered: by predictions; measured: output tokens a second and GPU.
        before, after: what is certain of each layout, and what is advised.
    """

    rows: list[Row]
    offered: Offered
    measured: Floats
    tpot_s: Floats
    before: tuple[Ints, ...]
    after: tuple[Ints, ...]

    def first(self, rows: Ints, limits: Limits) -> int:
        """The planner's first choice among entries, by throughput."""
        offered = self.offered.at(rows)
        stands = standing(offered, limits)
        unknown = np.full(len(rows), np.nan)
        among = Prospect(
            before=tuple(key[rows] for key in self.before),
            stands=stands,
            weight=_weight(offered, limits),
            after=tuple(key[rows] for key in self.after),
            concurrency=unknown,
            request_rate=unknown,
            servers=CLUSTER // np.array([self.rows[row].gpus for row in rows]),
            offered=offered,
            alike=ALIKE,
        )
        return int(rows[order(among, np.arange(len(rows)))[0]])

    def best_loads(self, rows: Ints, limits: Limits) -> Ints:
        """The entry of each layout at the load it does best at."""
        servers = grouped(self.rows, rows, lambda row: (row.layout, row.version))
        return np.array([members[self._best(members, limits)] for members in servers])

    def _best(self, rows: Ints, limits: Limits) -> int:
        ladder = self.offered.at(rows[np.newaxis, :])
        return int(best_load(ladder, limits, score(ladder, "throughput", 1.0))[0])


def _weight(offered: Offered, limits: Limits) -> Floats:
    """The objective's, or by how much the limits are missed."""
    missed = excess(offered, limits)
    return np.where(missed > 1, missed, score(offered, "throughput", 1.0))


def offers(model: Model, predicted: Unseen) -> Offers:
    """All rows, each with as many servers of its layout as the cluster holds."""
    rows = model.rows
    gpus = np.array([row.gpus for row in rows])
    servers = CLUSTER // gpus
    users, out = (np.array([getattr(r, n) for r in rows]) for n in ("users", "output_tokens"))
    tokens_per_s = servers * users * out / (predicted.ttft_s + out * predicted.tpot_s)
    return Offers(
        rows=rows,
        offered=Offered(
            ttft_s=_span("ttft", predicted.ttft_s),
            tpot_s=_span("tpot", predicted.tpot_s),
            output_tokens_per_s=_span("throughput", tokens_per_s),
            gpus=servers * gpus,
        ),
        measured=np.array([row.tokens_per_s / row.gpus for row in rows]),
        tpot_s=model.tpot_s,
        before=_keys(model.cases, certain_first),
        after=_keys(model.cases, advised_first),
    )


def _span(figure: str, values: Floats) -> Span:
    """A figure with the interval that an answer would state."""
    found = term("speed_error", (0, 33), "other", "v1")[f"{figure}_measured"]
    return Span(low=values * found.low, mid=values, high=values * found.high)


def _keys(cases: list[Served], of: Callable[..., tuple[Ints, ...]]) -> tuple[Ints, ...]:
    """What a case says of each of its layouts, over all rows."""
    count = sum(len(each.index) for each in cases)
    columns: dict[int, Ints] = defaultdict(lambda: np.zeros(count, dtype=np.int64))
    for each in cases:
        for number, key in enumerate(of(each.case)):
            columns[number][each.index] = key
    return tuple(columns[number] for number in sorted(columns))


def grouped(rows: list[Row], among: Ints, key: Callable[[Row], Hashable]) -> Iterator[Ints]:
    """Entries that are compared with each other."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number in among.tolist():
        groups[key(rows[number])].append(number)
    yield from (np.array(members) for members in groups.values())


def at_one_load(rows: list[Row], layouts: int) -> Iterator[Ints]:
    """Entries of at least so many layouts under one load."""
    for group in grouped(rows, np.arange(len(rows)), _load):
        if len({rows[row].layout for row in group}) >= layouts:
            yield group


def _load(row: Row) -> Hashable:
    return row.model, row.board, *row.means, row.users, row.version


def _kind(row: Row) -> Hashable:
    return row.model, row.board, *row.means


def regret(found: Offers) -> tuple[float, float]:
    """What the first choice leaves of the best measured layout, percent; and fewest GPUs do."""
    gpus = np.array([row.gpus for row in found.rows])
    lost: tuple[list[float], list[float]] = ([], [])
    for group in at_one_load(found.rows, 2):
        best = found.measured[group].max()
        picks = (found.first(group, Limits()), group[gpus[group].argmin()])
        for losses, picked in zip(lost, picks, strict=True):
            losses.append(float(1 - found.measured[picked] / best))
    return 100 * float(np.mean(lost[0])), 100 * float(np.mean(lost[1]))


def under_limits(found: Offers) -> tuple[float, float]:
    """Under limits of TPOT: throughput kept and limits broken by over a tenth, percent.

    Each choice is one of layouts, each at the load it does best at.
    """
    kept, broken = [], []
    for group in grouped(found.rows, np.arange(len(found.rows)), _kind):
        for limit in LIMITS_S:
            good = found.tpot_s[group] <= limit
            if not good.any():
                continue
            limits = Limits(tpot_s=limit)
            picked = found.first(found.best_loads(group, limits), limits)
            kept.append(min(found.measured[picked] / found.measured[group[good]].max(), 1.0))
            broken.append(found.tpot_s[picked] > _BROKEN * limit)
    return 100 * float(np.mean(kept)), 100 * float(np.mean(broken))
