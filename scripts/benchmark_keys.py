"""What a key press of the terminal application takes, in processor time of the whole process.

On a cluster with some 3,000 candidate layouts. Those that one could have instead are ranked beside
the answer, in a thread that holds up no key; where the key is a size of the layout they stay as
they are, as here.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from planner.explore.look import look, others
from planner.lookups import Lookups
from planner.request import request
from planner.tui.app import PlannerApp

ASKED = request(model="deepseek-ai/DeepSeek-R1", gpus="32x8xH200", offline=True)
_TIMES = 20
_SIZE = (80, 24)


def answer_seconds() -> tuple[int, float]:
    """How many layouts were to choose from, and how long a request takes to answer."""
    lookups = Lookups()
    grid = others(ASKED, {}, lookups)
    taken = []
    for _ in range(_TIMES + 1):
        started = time.process_time()
        look(ASKED, {}, lookups)
        taken.append(time.process_time() - started)
    return len(grid.layouts) + len(grid.rejected), statistics.median(taken[1:])


def painted_seconds() -> float:
    """From the key to the screen, at 80 x 24."""
    return statistics.median(asyncio.run(_painted())[2:])


async def _painted() -> list[float]:
    app = PlannerApp(ASKED, {})
    async with app.run_test(size=_SIZE) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        app.what_if.query_one("#knob-tensor_parallel_size").focus()
        taken = []
        for key in ("right", "left") * (_TIMES // 2):
            started = time.process_time()
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
            taken.append(time.process_time() - started)
        return taken
