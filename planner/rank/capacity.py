"""How much load one server of each row carries within the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_columns import speed_at
from planner.frozen import frozen
from planner.rank.preference import MAY_MEET, MISSES, SURE, standing
from planner.rank.prospect import at_loads, full_load, limits_of

if TYPE_CHECKING:
    from planner.case import Case
    from planner.goal import Goal
    from planner.rank.preference import Floats, Limits
    from planner.units import Bools, Ints

#: loads of the first look, and of the second between the last that is carried and the next
COARSE, FINE = 24, 16


@frozen
class Capacity:
    """Columns over rows.

    Attributes:
        load: requests in flight, or requests a second, that a server carries; 0: none.
        stands: whether it meets the limits there surely (0) or by the middle alone (1).
        rate: whether ``load`` is requests a second.
    """

    load: Floats
    stands: Ints
    rate: bool


def capacity(case: Case, goal: Goal, *, rate: bool) -> Capacity:
    """The most of each row: surely within the limits where some load is, else by the middle.

    Without limits of time what is carried is what no request waits for: neither KV cache nor
    seats run out.
    """
    limits = limits_of(case, goal)
    timed = type(limits)(ttft_s=limits.ttft_s, tpot_s=limits.tpot_s)
    most = _most(case, rate=rate)[:, np.newaxis]
    steps = np.linspace(0.0, 1.0, COARSE)
    loads = most * np.maximum(steps, 0.02) if rate else most**steps
    sure, low, high = _last(case, timed, loads, SURE, rate=rate)
    may, may_low, may_high = _last(case, timed, loads, MAY_MEET, rate=rate)
    stands = np.where(sure, SURE, np.where(may, MAY_MEET, MISSES))
    low, high = np.where(sure, low, may_low), np.where(sure, high, may_high)
    between = low[:, np.newaxis] + (high - low)[:, np.newaxis] * np.linspace(0.0, 1.0, FINE)
    between = between if rate else np.floor(between)
    accepted = _accepted(case, timed, between, rate=rate) <= stands[:, np.newaxis]
    load = np.where(accepted, between, 0.0).max(axis=1)
    return Capacity(load=np.where(stands == MISSES, 0.0, load), stands=stands, rate=rate)


def _most(case: Case, *, rate: bool) -> Floats:
    """More than a server carries: all its seats, or what it finishes with all of them taken."""
    seats = full_load(case)
    if not rate:
        return seats
    columns = speed_at(case, concurrency=seats[:, np.newaxis], request_rate=None)
    return np.asarray(np.maximum(np.nan_to_num(columns.requests_per_s.high[:, 0]), 1e-9))


def _last(
    case: Case, limits: Limits, loads: Floats, accepted: int, *, rate: bool
) -> tuple[Bools, Floats, Floats]:
    """Whether some load is accepted, the last that is, and the one after it."""
    met = _accepted(case, limits, loads, rate=rate) <= accepted
    # a limit can be missed at one load and met at a higher one only by rounding
    last = met.shape[1] - 1 - np.argmax(met[:, ::-1], axis=1)
    rows = np.arange(len(last))
    after = np.minimum(last + 1, met.shape[1] - 1)
    some: Bools = np.asarray(met.any(axis=1))
    return some, loads[rows, last], loads[rows, after]


def _accepted(case: Case, limits: Limits, loads: Floats, *, rate: bool) -> Ints:
    """How loads stand to the limits; what makes requests wait for a seat misses them."""
    servers = np.ones(loads.shape, dtype=np.int64)
    stands = standing(at_loads(case, loads, servers, rate=rate), limits)
    columns = speed_at(
        case, concurrency=None if rate else loads, request_rate=loads if rate else None
    )
    return np.where(columns.saturated, MISSES, stands)
