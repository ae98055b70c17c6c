"""How a layout behaves along one quantity: the points that plots are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner import plan

if TYPE_CHECKING:
    from planner.case import Case
    from planner.memory.kv_cache.plan import KvCachePlan
    from planner.units import Ints

_SHORTEST = 1024
"""tokens; below it requests are too many to plot beside long ones"""


def curves(case: Case, row: int, *, wanted: bool = True) -> plan.Curves | None:
    """All curves of a row; None where nobody wants them."""
    if not wanted:
        return None
    return plan.Curves.model_construct(context=context_curve(case, row))


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
