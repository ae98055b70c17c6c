"""How a layout behaves along one quantity: the points that plots are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner import plan
from planner.case.speed_columns import speed_at
from planner.rank.prospect import full_load

if TYPE_CHECKING:
    from planner.case import Case
    from planner.case.speed_columns import Predicted, SpeedColumns
    from planner.memory.kv_cache.plan import KvCachePlan
    from planner.units import Floats, Ints

_SHORTEST = 1024
"""tokens; below it requests are too many to plot beside long ones"""


def curves(case: Case, row: int, *, wanted: bool = True) -> plan.Curves | None:
    """All curves of a row; None where nobody wants them."""
    if not wanted:
        return None
    workload = case.workload
    return plan.Curves.model_construct(
        context=context_curve(case, row),
        load=load_curve(case, row),
        input_tokens=workload.input_tokens,
        output_tokens=workload.output_tokens,
        ttft_ms=workload.ttft_ms,
        tpot_ms=workload.tpot_ms,
    )


def load_curve(case: Case, row: int) -> tuple[plan.LoadPoint, ...]:
    """Times and rates of one server of a row, from one request in flight to more than it takes.

    Loads double up to twice what runs at a time; the named concurrency is one of them. Empty for a
    model that generates nothing, and where the board's rates are not known.
    """
    if case.architecture.pooling or not case.plannable[row]:
        return ()
    one = case.alone(row)
    loads = _loads(float(full_load(one)[0]), case.workload.concurrency)
    speed = speed_at(one, concurrency=loads)
    points = (_load_point(speed, at, float(load)) for at, load in enumerate(loads))
    return tuple(point for point in points if point is not None)


def _loads(most: float, named: int | None) -> Floats:
    doubling = {float(1 << step) for step in range(max(int(most), 1).bit_length() + 1)}
    return np.array(sorted(doubling | {most} | ({float(named)} if named else set())))


def _load_point(speed: SpeedColumns, at: int, load: float) -> plan.LoadPoint | None:
    ttft, tpot = _ends(speed.ttft_s, at, 1000, 1), _ends(speed.tpot_s, at, 1000, 2)
    tokens = _ends(speed.output_tokens_per_s, at, 1, 1)
    if ttft is None or tpot is None or tokens is None:
        return None
    return plan.LoadPoint.model_construct(
        concurrency=load,
        ttft_ms=ttft[1],
        tpot_ms=tpot[1],
        output_tokens_per_s=tokens[1],
        interval={
            "ttft_ms": (ttft[0], ttft[2]),
            "tpot_ms": (tpot[0], tpot[2]),
            "output_tokens_per_s": (tokens[0], tokens[2]),
        },
        limited_by=str(speed.limited_by[0, at]),
        saturated=bool(speed.saturated[0, at]),
    )


def _ends(found: Predicted, at: int, unit: float, digits: int) -> tuple[float, float, float] | None:
    """Low, middle and high of a figure; None where one has no end."""
    low, mid, high = (float(end[0, at]) for end in (found.low, found.mid, found.high))
    if not all(map(np.isfinite, (low, mid, high))):
        return None
    return round(unit * low, digits), round(unit * mid, digits), round(unit * high, digits)


def context_curve(case: Case, row: int) -> tuple[plan.ContextPoint, ...]:
    """How many requests of a length the KV cache of a row holds, from short to the model's longest.

    Lengths double; the longest that the row serves is one of them. The cache is that of the row
    as it stands: its size does not change along the curve. Empty where a row keeps no cache.
    """
    planned = case.kv.plan(row)
    if planned is None or not planned.groups:
        return ()
    served, most = int(case.max_model_len[row]), case.settings.max_model_len
    lengths = _ladder(most, {served, most})
    needed = np.maximum(np.asarray(planned.blocks_per_request(lengths)), 1)
    room = case.kv.stage_room
    low, mid, high = (
        _blocks(planned, end[row]) / needed for end in (room.low, room.mid, room.high)
    )
    return tuple(
        plan.ContextPoint.model_construct(
            tokens=int(tokens),
            requests=round(float(mid[at]), 2),
            interval=(round(float(low[at]), 2), round(float(high[at]), 2)),
        )
        for at, tokens in enumerate(lengths)
    )


def _ladder(most: int, also: set[int]) -> Ints:
    """Lengths from the shortest to ``most``, doubling: Int64[points]."""
    doubling = {_SHORTEST << step for step in range(max(most // _SHORTEST, 1).bit_length())}
    wanted = {length for length in doubling | also if 0 < length <= most}
    return np.array(sorted(wanted), dtype=np.int64)


def _blocks(planned: KvCachePlan, room: Ints) -> int:
    """Blocks of the poorest stage with so many bytes on each: Int64[stages]."""
    sizes = np.array(planned.bytes_per_block, dtype=np.int64)
    held = sizes > 0
    return max(int((room[: len(sizes)][held] // sizes[held]).min()), 0)
