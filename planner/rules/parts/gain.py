"""What a change would bring at the load that is named: by the model, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_columns import speed_at
from planner.units import count_text

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.case import Case
    from planner.units import Bools

    Floats = npt.NDArray[np.float64]

#: a smaller share of a request's time is not worth an option
WORTHWHILE = 0.05


def load_named(case: Case) -> bool:
    """Whether there is a load to advise for; without one every advice would be a guess."""
    return case.workload.concurrency is not None or case.workload.request_rate is not None


def request_s(case: Case) -> Floats:
    """Seconds of a whole request at the named load: Float64[rows]."""
    workload = case.workload
    rate = workload.concurrency is None
    load = workload.request_rate if rate else workload.concurrency
    loads = np.full((len(case.layouts), 1), load, dtype=np.float64)
    speed = speed_at(
        case, concurrency=None if rate else loads, request_rate=loads if rate else None
    )
    further = workload.output_tokens - 1
    return np.asarray(speed.ttft_s.mid[:, 0] + further * speed.tpot_s.mid[:, 0])


def saved(case: Case, changed: Case) -> Floats:
    """Share of a request's time that a change saves; 0 where a layout may not fit without it."""
    before, after = request_s(case), request_s(changed)
    sure = case.fits & changed.fits & np.isfinite(after) & (after > 0)
    # a queue without end before: whatever ends it saves all
    ratio = np.where(sure, after, 0.0) / np.maximum(before, 1e-9)
    return np.where(sure, 1 - ratio, 0.0)


def none(case: Case) -> Floats:
    """No row gains."""
    return np.zeros(len(case.layouts))


def worthwhile(share: Floats, least: float = WORTHWHILE) -> Bools:
    """Rows that gain enough to be told."""
    return np.asarray(share >= least)


def gain_text(case: Case, changed: Case, row: int) -> str:
    """Before and after in a sentence."""
    before, after = float(request_s(case)[row]), float(request_s(changed)[row])
    workload = case.workload
    if workload.concurrency is not None:
        load = f"{count_text(workload.concurrency)} requests at a time"
    else:
        load = f"{workload.request_rate:g} requests a second"
    if not np.isfinite(before):
        return f"at {load} a request takes {_seconds(after)}, and requests no longer pile up"
    return (
        f"at {load} a request takes {_seconds(after)} rather than {_seconds(before)}, "
        f"{100 * (1 - after / before):.0f}% less"
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:,.0f} s"  # noqa: PLR2004 - digits
