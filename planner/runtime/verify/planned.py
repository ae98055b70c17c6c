"""The load that a plan's speed is told for, as one to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.runtime.verify.load import Load

if TYPE_CHECKING:
    from planner.plan import Layout, Workload

#: requests after each other of one user; the first is not timed
_ROUNDS = 4


def planned_load(workload: Workload | None, layout: Layout, limit_s: float) -> Load:
    """What the figures of a layout are for: lengths of the plan's load, and how many of them.

    One server of a plan gets its own share of the load: that is what its speed is told for.

    Raises:
        InvalidInputError: the plan tells no load, or no speed.
    """
    speed = layout.performance
    if workload is None or speed is None or (speed.concurrency or speed.request_rate) is None:
        raise InvalidInputError(
            "the plan tells no load to verify it with",
            cause="it is of an older planner, or its speed is not predicted",
            fix="write it anew with planner recommend, or name a load: --concurrency 16",
        )
    users = max(round(speed.concurrency or 1), 1)
    rate = speed.request_rate
    return Load(
        requests=_ROUNDS * users if rate is None else max(round(rate * limit_s), 1),
        concurrency=users,
        input_tokens=workload.input_tokens,
        output_tokens=workload.output_tokens,
        limit_s=limit_s,
        lengths=workload.lengths.requests if workload.lengths else (),
        request_rate=rate,
        warm_up=users if rate is None and workload.arrival == "steady" else 0,
    )
