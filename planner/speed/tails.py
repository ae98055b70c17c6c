"""What is made of a server's times: those that most requests stay below, and what takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.speed.step import PARTS

if TYPE_CHECKING:
    from planner.speed.load import Load
    from planner.speed.serving import Served
    from planner.units import Floats


def ttft_at(served: Served, waves: float, share: float) -> Floats:
    """The time to the first token that a share of the requests stays below.

    Waiting times have an exponential tail (M/G/1); of a burst the last in the first wave wait for
    all before them.
    """
    queued = served.queue_s + np.where(served.saturated, 0.0, served.wait_s)
    chance = np.maximum(served.busy, 1e-9)
    tail = queued / chance * np.maximum(np.log(chance / (1 - share)), 0.0)
    cold = np.zeros_like(tail)
    if waves:
        late = max(share - (1 - 1 / waves), 0.0) * waves
        cold = cold + late * 2 * waves * served.cold_s
    steady = served.ttft_s - queued - served.cold_s
    return steady + np.maximum(np.maximum(tail, cold), queued + served.cold_s)


def tpot_at(served: Served, load: Load, share_deviations: float) -> Floats:
    """A token's time so many standard deviations above the mean.

    How many prompts fall into a request's answer is by chance (Poisson), each stalls it once.
    """
    stalls = served.pace.stall_s * np.sqrt(
        np.maximum(served.requests_per_s * load.output_tokens * served.tpot_s, 0.0)
    )
    return served.tpot_s + share_deviations * stalls / load.output_tokens


def parts_of(served: Served, load: Load) -> dict[str, Floats]:
    """A token's time by what takes it, the stalls by others' prompts included."""
    pace = served.pace
    parts = {name: pace.parts[name] / load.tokens_per_step for name in PARTS}
    stalled = np.maximum(served.tpot_s - sum(parts.values()), 0.0)
    chunk = np.maximum(sum(pace.added.values()), 1e-12)
    return {name: parts[name] + stalled * pace.added[name] / chunk for name in PARTS}
