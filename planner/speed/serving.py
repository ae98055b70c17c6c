"""Continuous batching in steady state: from a load to times and throughput, by columns.

Requests of one length come to an engine that decodes all that run, and works off prompts in chunks
beside them. ``stations`` engines alike share the load of a layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.speed.step import PARTS, Work, step

if TYPE_CHECKING:
    from planner.speed.step import Engine, Floats
    from planner.units import Bools

#: requests that are tried between one and the most that run, to find those of a rate
_TRIED = 20
#: of the most that is finished: nearer to it the queue grows without end
_STABLE = 0.98


@frozen
class Batching:
    """What bounds a batch: [rows, 1].

    Attributes:
        engines: that share the load; stages: of each.
        most: requests that run on an engine at a time: seats, and room in the KV cache.
        chunk: tokens of a step; input_tokens, output_tokens: of a request.
        cached: share of prompt tokens that are the beginning of an earlier prompt.
        waves: requests of each place in a benchmark whose first ones come all at once, so that
            they wait for each other; None in steady state.
    """

    engines: Floats
    stages: Floats
    most: Floats
    chunk: float
    input_tokens: float
    output_tokens: float
    cached: float = 0.0
    waves: float | None = None


@frozen
class Served:
    """Times and rates: [rows, loads]."""

    ttft_s: Floats
    tpot_s: Floats
    requests_per_s: Floats
    running: Floats
    waiting_s: Floats
    saturated: Bools
    parts: dict[str, Floats]


def closed_loop(engine: Engine, batching: Batching, concurrency: Floats) -> Served:
    """So many requests are in flight at all times; what has no room waits."""
    share = concurrency / batching.engines
    running = np.maximum(np.minimum(share, batching.most), 1.0)
    tpot, ttft, parts = _running(engine, batching, running)
    request = ttft + batching.output_tokens * tpot
    waiting = np.maximum(share / running - 1, 0.0) * request
    # fewer requests than engines leave some without any
    busy = np.minimum(batching.engines, np.maximum(concurrency / running, 1e-9))
    return Served(
        ttft_s=ttft + waiting,
        tpot_s=tpot,
        requests_per_s=running * busy / request,
        running=running * busy,
        waiting_s=waiting,
        saturated=share > batching.most,
        parts=parts,
    )


def open_loop(engine: Engine, batching: Batching, request_rate: Floats) -> Served:
    """Requests come at a rate, whatever is still running."""
    share = request_rate / batching.engines
    steps = np.linspace(0.0, 1.0, _TRIED)
    # [rows, tried]: how many run settles how many are finished a second
    tried = 0.05 * (np.maximum(batching.most, 1.0) / 0.05) ** steps
    tpot, ttft, _ = _running(engine, batching, tried)
    finished = tried / (ttft + batching.output_tokens * tpot)
    finished = np.maximum.accumulate(finished, axis=1)
    stable = share < _STABLE * finished[:, -1:]
    wanted = np.where(stable, share, _STABLE * finished[:, -1:])
    running = _interpolated(np.broadcast_to(wanted, share.shape), finished, tried)
    tpot, ttft, parts = _running(engine, batching, running)
    utilization = np.minimum(wanted / finished[:, -1:], _STABLE)
    # seats are taken by chance: a queue forms as the last of them fill
    full = utilization ** np.sqrt(2 * (np.maximum(batching.most, 1.0) + 1))
    waiting = full * (ttft + batching.output_tokens * tpot) / np.maximum(batching.most, 1.0)
    waiting = np.where(stable, waiting / np.maximum(1 - utilization, 1e-3), np.inf)
    return Served(
        ttft_s=ttft + waiting,
        tpot_s=tpot,
        requests_per_s=wanted * batching.engines,
        running=running * batching.engines,
        waiting_s=waiting,
        saturated=~stable,
        parts=parts,
    )


def _interpolated(wanted: Floats, finished: Floats, tried: Floats) -> Floats:
    """Requests that run where so many are finished: linear between those that were tried."""
    after = np.sum(finished[:, np.newaxis, :] < wanted[:, :, np.newaxis], axis=2)
    after = np.clip(after, 1, finished.shape[1] - 1)
    rows = np.arange(len(wanted))[:, np.newaxis]
    low, high = finished[rows, after - 1], finished[rows, after]
    share = np.clip((wanted - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    least = np.minimum(wanted / np.maximum(finished[:, :1], 1e-12), 1.0) * tried[:, :1]
    between = tried[rows, after - 1] * (1 - share) + tried[rows, after] * share
    return np.where(wanted < finished[:, :1], least, between)


def _running(
    engine: Engine, batching: Batching, running: Floats
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Seconds for each further token and to the first one, and a decode step's parts.

    One prompt stalls all others by what its chunks add to steps. A prompt waits for the step that
    runs, and for prompts before it (M/G/1). Stages of a pipeline share a batch and overlap, less a
    bubble each.
    """
    constants = engine.constants
    stages, answer = batching.stages, batching.output_tokens
    prompt = max(batching.input_tokens * (1 - batching.cached), 1.0)
    batch = np.maximum(running / stages, np.minimum(running, 1.0))
    context = np.full_like(running, batching.input_tokens + answer / 2)
    nothing = np.zeros_like(running)
    parts = step(engine, Work(decode=batch, context=context, prefill=nothing, span=nothing))
    decode = sum(parts.values(), start=nothing)
    room = np.maximum(batching.chunk - running, min(256.0, batching.chunk))
    chunks = np.maximum(prompt / room, 1.0)
    span = np.full_like(running, batching.input_tokens - prompt / 2)
    mixed_work = Work(decode=batch, context=context, prefill=prompt / chunks, span=span)
    mixed = sum(step(engine, mixed_work).values(), start=nothing)
    extra = np.maximum(mixed - decode, 1e-6) * chunks / stages
    bubble = 1 + constants["stage_bubble"] * (stages - 1)
    others = np.maximum(running - 1, 0.0)
    tpot = (decode + extra * others / answer) * bubble
    admitted = others / (answer * tpot + extra)
    busy = np.minimum(admitted * extra, 0.95)
    mean = decode / (1 - busy)
    seen = mean + extra**2 * admitted / (1 - busy**2)
    cold = 0.0 if batching.waves is None else 0.5 * others * extra / batching.waves
    ttft = constants["http_s"] + 1.5 * decode + extra * (1 + (stages - 1) / chunks) + cold
    ttft = ttft + 0.5 * (seen - mean) + extra * admitted * seen
    return tpot, ttft, {name: parts[name] for name in PARTS}
