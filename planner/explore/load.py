"""What more load does to a layout: points of throughput against the wait for a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_columns import speed_at
from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.case import Case

_MOST = 4096
"""requests in flight; beyond it they only wait"""


@frozen
class LoadPoint:
    """A layout with so many requests in flight."""

    concurrency: int
    ttft_s: float
    tpot_s: float
    output_tokens_per_s: float
    interval: tuple[float, float]
    """10th and 90th percentile of the tokens a second."""
    limited_by: str


def load_points(case: Case) -> tuple[LoadPoint, ...]:
    """Points of a table of one row, the load doubling; none where its speed is not known.

    They end where every seat of the layout is taken twice over.
    """
    if case.architecture.pooling or not case.plannable[0]:
        return ()
    seats = 2 * case.settings.max_num_seqs * int(case.layouts.dp[0])
    loads = [1 << step for step in range(min(seats, _MOST).bit_length())]
    speed = speed_at(case, concurrency=np.array(loads, dtype=np.float64))
    rate = speed.output_tokens_per_s
    columns = zip(
        loads,
        speed.ttft_s.mid[0],
        speed.tpot_s.mid[0],
        rate.mid[0],
        rate.low[0],
        rate.high[0],
        speed.limited_by[0],
        strict=True,
    )
    return tuple(
        LoadPoint(
            concurrency=load,
            ttft_s=float(ttft),
            tpot_s=float(tpot),
            output_tokens_per_s=float(mid),
            interval=(float(low), float(high)),
            limited_by=str(limit),
        )
        for load, ttft, tpot, mid, low, high, limit in columns
        if np.isfinite([ttft, tpot, mid]).all() and tpot > 0 and mid > 0
    )
