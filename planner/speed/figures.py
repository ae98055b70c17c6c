"""The three figures that a request sees: to its first token, for each further one, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.speed.load import Load
    from planner.speed.pace import Pace
    from planner.speed.step import Engine
    from planner.units import Floats


def ttft(engine: Engine, at: Pace, queue_s: Floats, cold_s: Floats) -> Floats:
    """Seconds to the first token, without the wait for a place: Float64[rows, loads].

    ttft = request_start + streaming x running + 1.5 x step + stall x (1 + (pp - 1) / chunks)
    + queue + cold. A prompt arrives within a step, waits for its end and for prompts before it
    (``queue``), and runs in so many chunks through all stages (``stall``). ``cold`` is its part of
    a burst's first wave. Where the server is full, the wait for a place is added.

    Source: the loop of vllm.v1.engine.core (0.33.0)
    Checked: docs/accuracy.md compares it with published benchmarks.
    """
    tuning = engine.tuning
    hops = 1 + (engine.pp - 1) / at.chunks
    own = tuning["request_start_s"] + tuning["streaming_s"] * at.running
    own = own + 1.5 * at.step_s + at.stall_s * hops
    return own + queue_s + cold_s


def tpot(at: Pace, load: Load) -> Floats:
    """Seconds for each further token where every user asks again when served: Float64[rows, loads].

    tpot = (step + stall x (running - 1) x tokens_per_step / output_tokens) / tokens_per_step.
    While a request decodes, each of the others ends once in its ``output_tokens`` steps, and a
    prompt takes its place, which holds up all by ``stall``. Where requests come at a rate, it is
    step / tokens_per_step / (1 - rate x stall).

    Source: the steps of vllm.v1.core.sched.scheduler (0.33.0)
    Checked: docs/accuracy.md compares it with published benchmarks.
    """
    others = np.maximum(at.running - 1, 0.0)
    step = at.step_s + at.stall_s * others * load.tokens_per_step / load.output_tokens
    return np.asarray(step / load.tokens_per_step)


def throughput(requests_per_s: Floats, load: Load) -> Floats:
    """Output tokens a second, of as many engines as the requests: Float64[rows, loads].

    requests_per_s = running / (ttft + output_tokens x tpot), the time in which a place is taken
    (Little's law), or the rate at which they come where the server keeps up.
    """
    return requests_per_s * load.output_tokens
