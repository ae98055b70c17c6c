"""The front of throughput for each GPU against time for each token, and its knee."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.rank.preference import Floats
    from planner.units import Ints

#: a point that gives less than this more than the one before adds nothing to the front
WORTHWHILE_GAIN = 1.01


def front(tpot_s: Floats, per_gpu: Floats) -> Ints:
    """The entries that none beats in both, from the fastest token to the highest throughput.

    Args:
        tpot_s: seconds for each further token, smaller is better.
        per_gpu: output tokens a second for each GPU, larger is better.
    """
    order = np.lexsort([-per_gpu, tpot_s])
    ordered = per_gpu[order]
    before = np.concatenate([[0.0], np.maximum.accumulate(ordered)[:-1]])
    kept = order[ordered > before * WORTHWHILE_GAIN]
    return np.asarray(kept, dtype=np.int64)


def knee(tpot_s: Floats, per_gpu: Floats) -> int:
    """The place on a front where more throughput begins to cost more than it brings.

    That is where the front lies farthest above the line between its ends, both axes by their
    logarithms: a ratio counts, not a difference.

    Source: Satopaa et al., Finding a "Kneedle" in a Haystack (2011), on a finished curve
    """
    x, y = np.log(tpot_s), np.log(per_gpu)
    width, height = x[-1] - x[0], y[-1] - y[0]
    if width <= 0 or height <= 0:
        return 0
    return int(np.argmax((y - y[0]) / height - (x - x[0]) / width))
