"""What tensor parallelism over a slow link costs: by the model of speed, in numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_columns import speed_at
from planner.layout import Layouts

if TYPE_CHECKING:
    from planner.case import Case

#: requests at a time where no load is named
_FEW = 16


def crossing_price(case: Case, row: int, tp: int, pp: int) -> str:
    """What a token takes, how much of it all-reduces do, and what ``tp`` x ``pp`` takes instead."""
    load = float(case.workload.concurrency or _FEW)
    here = case.alone(row)
    dp = int(here.layouts.dp[0])
    other = replace(
        here, layouts=Layouts.one(tp=tp, pp=pp, dp=dp, ep=bool(here.layouts.ep[0])), partitions=None
    )
    loads = np.array([[load]])
    speeds = [speed_at(each, concurrency=loads, request_rate=None) for each in (here, other)]
    token, instead = (1000 * float(speed.tpot_s.mid[0, 0]) for speed in speeds)
    if not (np.isfinite(token) and np.isfinite(instead)):
        return ""
    reduces = 1000 * float(np.ravel(speeds[0].parts["all_reduce"])[0])
    return (
        f"at {load:.0f} requests a token takes {token:.1f} ms, {reduces:.1f} of them in "
        f"all-reduces; TP{tp} x PP{pp} takes {instead:.1f}"
    )
