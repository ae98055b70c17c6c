"""The speed of a row at a load, as the document that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from planner import plan
from planner.case.speed_columns import speed_at
from planner.rank.prospect import full_load

if TYPE_CHECKING:
    from planner.case import Case
    from planner.case.speed_columns import Predicted, SpeedColumns
    from planner.units import Floats


def performance(
    case: Case, row: int, concurrency: float | None = None, request_rate: float | None = None
) -> plan.Performance | None:
    """What one server of a row gives; at the named load where none is given, else with all seats.

    None for a model that generates nothing, and where the board's rates are not known.
    """
    if case.architecture.pooling or not case.plannable[row]:
        return None
    if concurrency is None and request_rate is None:
        concurrency, request_rate = case.workload.concurrency, case.workload.request_rate
    if concurrency is None and request_rate is None:
        concurrency = float(full_load(case)[row])
    rate = concurrency is None
    loads = np.full((len(case.layouts), 1), request_rate if rate else concurrency, dtype=np.float64)
    speed = speed_at(
        case, concurrency=None if rate else loads, request_rate=loads if rate else None
    )
    known = _known(speed, row)
    if "tpot_ms" not in known:
        return None
    middle: dict[str, Any] = {name: mid for name, (_, mid, _) in known.items()}
    return plan.Performance.model_construct(
        **middle,
        concurrency=None if rate else round(float(concurrency or 0), 2),
        request_rate=round(float(request_rate or 0), 4) if rate else None,
        ttft_p90_ms=_ms(speed.ttft_p90_s, row),
        ttft_p99_ms=_ms(speed.ttft_p99_s, row),
        running=round(float(speed.running[row, 0]), 1),
        limited_by=str(speed.limited_by[row, 0]),
        basis=speed.basis,
        interval={name: (low, high) for name, (low, _, high) in known.items()},
    )


def _ms(seconds: Floats, row: int) -> float | None:
    """None for a queue without end."""
    found = float(seconds[row, 0])
    return round(1000 * found, 1) if np.isfinite(found) else None


def _known(speed: SpeedColumns, row: int) -> dict[str, tuple[float, float, float]]:
    """Figures with their ends, by the document's keys; without those of a queue without end."""
    figures: dict[str, tuple[Predicted, float, int]] = {
        "ttft_ms": (speed.ttft_s, 1000, 1),
        "tpot_ms": (speed.tpot_s, 1000, 2),
        "output_tokens_per_s": (speed.output_tokens_per_s, 1, 1),
        "requests_per_s": (speed.requests_per_s, 1, 3),
    }
    known = {}
    for name, (found, unit, digits) in figures.items():
        low, mid, high = (
            round(unit * float(end[row, 0]), digits) if np.isfinite(end[row, 0]) else None
            for end in (found.low, found.mid, found.high)
        )
        if low is not None and mid is not None and high is not None:
            known[name] = low, mid, high
    return known
