"""How long a first token takes, beside what it waits for a place in the server.

A request asks again when it was answered, which is at the end of a step. Its prompt is read in one
of the next steps, with those that came meanwhile: so prompts meet by how many steps their answers
end apart, not by how much time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.speed.figures import ttft

if TYPE_CHECKING:
    from planner.speed.pace import Pace, Server
    from planner.units import Floats

#: an even spread is so many standard deviations wide
_WIDE = np.sqrt(12)
#: waves of a burst that are looked at; those between are like them
_LOOKED_AT = 16
_NEVER = 1e-9


@frozen
class FirstToken:
    """Seconds, Float64[rows, loads]: the mean, its share behind others, and that of a burst."""

    mean_s: Floats
    queue_s: Floats
    cold_s: Floats


def in_turn(server: Server, at: Pace) -> FirstToken:
    """Of users who ask again when they are served.

    In a burst the prompts of the first wave come at once, and those of each later one as far apart
    as their answers have grown: lengths differ, and so do the times that requests take outside the
    engine.

    Checked: tests/speed run the scheduler step by step; the mean is within 10 %.
    """
    others = np.maximum(at.running - 1, 0.0)
    # what a step has room for comes no closer together
    least = at.running / at.prompts
    steps = np.maximum(server.load.output_tokens / server.load.tokens_per_step, least)
    if not server.waves:
        queue = _queue(server, at, others / steps)
        return _together(server, at, others, queue, np.zeros_like(queue))
    later = server.waves - 1
    looked_at = _looked_at(int(np.ceil(later)))
    drift = _drift(server, at)
    queue = np.zeros_like(others)
    for wave in looked_at:
        apart = np.sqrt(least**2 + (_WIDE * drift) ** 2 * wave)
        per_step = others / np.clip(apart, np.maximum(least, 1.0), steps)
        queue = queue + _queue(server, at, per_step) / len(looked_at)
    queue = queue * later / server.waves
    return _together(server, at, others, queue, _cold(at) / server.waves)


def _looked_at(waves: int) -> list[float]:
    """Some of the waves after the first."""
    places = np.linspace(1, max(waves, 1), min(waves, _LOOKED_AT)).round()
    return list(map(float, np.unique(places)))


def at_random(server: Server, at: Pace, prompts_per_s: Floats, busy: Floats) -> FirstToken:
    """Of requests that come at a rate, whatever the engine does (M/G/1)."""
    step = at.step_s / (1 - busy)
    met = step + server.load.variation * at.stall_s**2 * prompts_per_s / (1 - busy**2)
    queue = 0.5 * (met - step) + at.stall_s * prompts_per_s * met
    return _together(server, at, at.running, queue, np.zeros_like(queue))


def _together(
    server: Server, at: Pace, others: Floats, queue_s: Floats, cold_s: Floats
) -> FirstToken:
    mean_s = ttft(server.engine, at, others, queue_s, cold_s)
    return FirstToken(mean_s=mean_s, queue_s=queue_s, cold_s=cold_s)


def _queue(server: Server, at: Pace, per_step: Floats) -> Floats:
    """What other prompts add, where so many come in each step.

    Until it arrives a request sees some steps, or less where one of them is longer for prompts in
    it (Wald's identity); then the prompts in its own; and what is left of one of several chunks.
    """
    start_s = server.engine.tuning["request_start_s"]
    most = np.maximum(start_s / at.step_s + 0.5, 1.0)
    seen = -np.expm1(-per_step * most) / np.maximum(-np.expm1(-per_step), _NEVER)
    before = np.where(per_step > 0, seen * (at.step_s + at.stall_s * per_step), most * at.step_s)
    before = before - most * at.step_s
    pieces = 1 / at.prompts
    left = np.maximum(server.load.variation * pieces**2 - pieces, 0.0) / 2
    chunk_s = at.step_s + at.stall_s / at.chunks
    return np.asarray(np.maximum(before, 0.0) + per_step * (at.stall_s + left * chunk_s))


def _drift(server: Server, at: Pace) -> Floats:
    """By how many steps a cycle of one user differs from another's: standard deviation."""
    load = server.load
    answers = load.output_tokens / load.tokens_per_step
    lengths = answers**2 * np.maximum(load.output_variation - 1, 0.0)
    outside = server.engine.tuning["apart_s"] / at.step_s
    return np.asarray(np.sqrt(lengths + outside**2))


def _cold(at: Pace) -> Floats:
    """What half of a burst's first wave, which finds an empty server, waits for on average."""
    together = np.clip(at.prompts, 1.0, np.maximum(at.running, 1.0))
    prompts = (at.running + together) / 2 - 1
    steps = (at.running / together + 1) / 2 - 1
    return np.asarray(np.maximum(prompts * at.stall_s + steps * at.chunks * at.step_s, 0.0))
