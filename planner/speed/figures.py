"""The three figures that a request sees: to its first token, for each further one, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.speed.load import Load
    from planner.speed.pace import Pace
    from planner.speed.step import Engine
    from planner.units import Floats


def ttft(engine: Engine, at: Pace, others: Floats, queue_s: Floats, cold_s: Floats) -> Floats:
    """Seconds to the first token, without the wait for a place: Float64[rows, loads].

    ttft = max(request_start + step / 2, step) + streaming x running + chunks x step
    + stall x (1 + (pp - 1) / chunks) + queue + cold. A request comes while a step runs, if there
    are ``others``; its prompt is then read in so many chunks, a step each (``stall`` is what they
    take beside the steps), through all stages. ``queue`` are prompts that came meanwhile, ``cold``
    is its part of a burst's first wave. Where the server is full, the wait for a place is added.

    Source: the loop of vllm.v1.engine.core (0.33.0)
    Checked: docs/accuracy.md compares it with published benchmarks.
    """
    tuning = engine.tuning
    met = at.step_s * np.minimum(others, 1.0)
    way = np.maximum(tuning["request_start_s"] + met / 2, met)
    hops = 1 + (engine.pp - 1) / at.chunks
    own = tuning["streaming_s"] * at.running + at.chunks * at.step_s + at.stall_s * hops
    return np.asarray(way + own + queue_s + cold_s)


def tpot(
    at: Pace, load: Load, again: Floats | float = 0.0, stalled: Floats | float = 1.0
) -> Floats:
    """Seconds for each further token where every user asks again when served: Float64[rows, loads].

    tpot = (step + stall x (1 + again) x (running - 1) x tokens_per_step / output_tokens)
    / tokens_per_step. While a request decodes, each of the others ends once in its
    ``output_tokens`` steps, and a prompt takes its place, which holds up all by ``stall``; a full
    KV cache has prompts computed ``again``, and of a burst's first prompts a share has come before
    (``stalled`` is the rest). Where requests come at a rate, it is
    step / tokens_per_step / (1 - rate x stall).

    Source: the steps of vllm.v1.core.sched.scheduler (0.33.0)
    Checked: docs/accuracy.md compares it with published benchmarks.
    """
    others = np.maximum(at.running - 1, 0.0) * (1 + again) * stalled
    step = at.step_s + at.stall_s * others * load.tokens_per_step / load.output_tokens
    return np.asarray(step / load.tokens_per_step)


def throughput(requests_per_s: Floats, load: Load) -> Floats:
    """Output tokens a second, of as many engines as the requests: Float64[rows, loads].

    requests_per_s = running / (ttft + output_tokens x tpot), the time in which a place is taken
    (Little's law), or the rate at which they come where the server keeps up.
    """
    return requests_per_s * load.output_tokens
