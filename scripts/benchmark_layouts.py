"""What memory and speed of a hundred thousand layouts take, in processor time.

Each of them can be built, so that each has its memory planned: of the candidates of a search most
are out before. No two are alike. Beside it the same count of ``numpy.exp`` over a row of 100, as a
measure of the machine.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from planner.layout import Layouts
from planner.rank.prospect import prospect
from planner.request import request
from planner.resolve import resolve, table

LAYOUTS = 100_000
_WIDTH = 100
_TIMES = 5
#: rows of a table: a column of stages of all at once would leave the processor's caches
_ROWS = 5_000
_STAGES, _REPLICAS = 61, 103


def planned_seconds() -> tuple[float, float]:
    """Of memory with the KV cache and its verdict, and of speed at full load."""
    subject = resolve(request(model="deepseek-ai/DeepSeek-R1", gpus="128x8xH100"), {})
    # few stages first: a table is as wide as the most of its rows
    pp, tp, dp, ep = (
        axis.ravel()[:LAYOUTS]
        for axis in np.meshgrid(
            np.arange(1, _STAGES + 1),
            2 ** np.arange(8),
            np.arange(1, _REPLICAS + 1),
            [False, True],
            indexing="ij",
        )
    )
    layouts = Layouts(tp=tp, pp=pp, dp=dp, ep=ep, dcp=np.ones_like(tp))
    memory = speed = 0.0
    for first in range(0, LAYOUTS, _ROWS):
        rows = np.arange(first, min(first + _ROWS, LAYOUTS))
        case = table(subject, subject.groups[0], layouts.take(rows))
        started = time.process_time()
        _ = case.fit_probability
        planned = time.process_time()
        prospect(case, subject.request.goal)
        memory += planned - started
        speed += time.process_time() - planned
    return memory, speed


def exp_seconds() -> float:
    """Of ``numpy.exp`` over as many rows."""
    rows = np.linspace(0, 1, LAYOUTS * _WIDTH).reshape(LAYOUTS, _WIDTH)
    taken = []
    for _ in range(_TIMES):
        started = time.process_time()
        np.exp(rows)
        taken.append(time.process_time() - started)
    return statistics.median(taken)
