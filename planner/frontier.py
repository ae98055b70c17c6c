"""The front over all layouts that fit and all loads: throughput for each GPU against TPOT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner import plan
from planner.describe import sizes
from planner.rank.pareto import front, knee
from planner.rank.prospect import at_loads, ladder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.case import Case
    from planner.judged import Judged
    from planner.rank.preference import Floats, Offered


def pareto(judged: Sequence[Judged]) -> tuple[plan.ParetoPoint, ...]:
    """Layouts at loads that no other beats in both, from the fastest token on.

    One server of each layout is looked at, from one request to all its seats taken.
    """
    parts = [_points(group) for group in judged if group.fitting.any()]
    if not parts:
        return ()
    tpot = np.concatenate([offered.tpot_s.mid.ravel() for _, _, offered in parts])
    each = np.concatenate([_per_gpu(offered).ravel() for _, _, offered in parts])
    known = np.flatnonzero(np.isfinite(tpot) & np.isfinite(each) & (tpot > 0))
    kept = known[front(tpot[known], each[known])]
    if not len(kept):
        return ()
    best = knee(tpot[kept], each[kept])
    starts = np.cumsum([0, *(offered.gpus.size for _, _, offered in parts)])
    points = []
    for place, entry in enumerate(kept.tolist()):
        part = int(np.searchsorted(starts, entry, side="right")) - 1
        points.append(_point(parts[part], entry - int(starts[part]), is_knee=place == best))
    return tuple(points)


def _points(judged: Judged) -> tuple[Case, Floats, Offered]:
    """The layouts of a table that fit, at every load of the ladder."""
    case = judged.case.take(judged.fitting)
    loads = ladder(case)
    return case, loads, at_loads(case, loads, np.ones(loads.shape, np.int64), rate=False)


def _per_gpu(offered: Offered) -> Floats:
    return np.asarray(offered.output_tokens_per_s.mid / offered.gpus)


def _point(part: tuple[Case, Floats, Offered], entry: int, *, is_knee: bool) -> plan.ParetoPoint:
    case, loads, offered = part
    row, load = divmod(entry, loads.shape[1])
    return plan.ParetoPoint.model_construct(
        **sizes(case, row),
        gpus=case.group.text,
        gpus_used=int(case.layouts.gpus[row]),
        concurrency=float(loads[row, load]),
        tpot_ms=round(1000 * float(offered.tpot_s.mid[row, load]), 2),
        ttft_ms=round(1000 * float(offered.ttft_s.mid[row, load]), 1),
        output_tokens_per_s_per_gpu=round(float(_per_gpu(offered)[row, load]), 1),
        knee=is_knee,
    )
