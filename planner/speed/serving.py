"""A server under load: from the time of a step to the times of requests.

As many requests run as the KV cache has room for; the others wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.speed.figures import tpot, ttft
from planner.speed.pace import pace

if TYPE_CHECKING:
    from planner.speed.pace import Pace, Server
    from planner.units import Bools, Floats

#: above this share of the time spent on prompts a server is full
_FULL = 0.95
_HALVINGS = 24


@frozen
class Served:
    """What requests see, and one data-parallel rank does: Float64[rows, loads].

    ``queue_s`` is the wait for other prompts, ``wait_s`` that for room.
    """

    pace: Pace
    ttft_s: Floats
    tpot_s: Floats
    queue_s: Floats
    wait_s: Floats
    cold_s: Floats
    requests_per_s: Floats
    busy: Floats
    saturated: Bools


def closed_loop(server: Server, users: Floats) -> Served:
    """So many users a rank, each of whom asks again when served: Float64[rows, loads]."""
    load = server.load
    at = pace(server, np.minimum(users, server.room))
    others = np.maximum(at.running - 1, 0.0)
    token = tpot(at, load)
    prompts_per_s = others / (load.output_tokens * token + at.stall_s)
    first, queue, cold = _first_token(server, at, prompts_per_s)
    request = first + load.output_tokens * token
    wait = np.maximum(users / at.running - 1, 0.0) * request
    full = users > server.room
    if server.waves:
        # the first wave grows in step, and its last requests are put off until others are done
        put_off = np.maximum(users / server.room_at_end - 1, 0.0) * request / (2 * server.waves)
        full = full | (put_off > 0)
        wait = np.maximum(wait, put_off)
    return Served(
        pace=at,
        ttft_s=first + wait,
        tpot_s=token,
        queue_s=queue,
        wait_s=wait,
        cold_s=cold,
        requests_per_s=at.running / request,
        busy=np.minimum(prompts_per_s * at.stall_s, _FULL),
        saturated=full,
    )


def open_loop(server: Server, rate: Floats) -> Served:
    """So many requests a second and rank, whoever is still waiting: Float64[rows, loads].

    As many run as arrive while one is served (Little's law); found by halving.
    """
    load = server.load
    low, high = np.zeros_like(rate), np.broadcast_to(server.room, rate.shape).copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = _served_meanwhile(server, pace(server, middle), rate) <= middle
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle)
    at = pace(server, high)
    busy = rate * at.stall_s
    full = (busy >= _FULL) | (_served_meanwhile(server, at, rate) > high * (1 + 1e-6))
    token = at.step_s / load.tokens_per_step / (1 - np.minimum(busy, _FULL))
    first, queue, _ = _first_token(server, at, np.minimum(rate, _FULL / at.stall_s))
    request = first + load.output_tokens * token
    wait = np.where(full, np.inf, _wait_for_room(high / server.room, server.room, request))
    return Served(
        pace=at,
        ttft_s=first + wait,
        tpot_s=token,
        queue_s=queue,
        wait_s=wait,
        cold_s=np.zeros_like(rate),
        requests_per_s=np.where(full, at.running / request, rate),
        busy=np.minimum(busy, _FULL),
        saturated=full,
    )


def _served_meanwhile(server: Server, at: Pace, rate: Floats) -> Floats:
    """Requests that arrive while one is served, were so many running."""
    free = 1 - np.minimum(rate * at.stall_s, _FULL)
    steps = server.load.output_tokens / server.load.tokens_per_step + 1
    return np.asarray(rate * (steps * at.step_s / free + at.stall_s))


def _wait_for_room(used: Floats, room: Floats, request: Floats) -> Floats:
    """The wait for one of ``room`` places.

    Source: Sakasegawa (1977), an approximation of the M/M/c queue
    """
    used = np.minimum(used, 1 - 1e-6)
    crowded = np.power(used, np.sqrt(2 * (room + 1)) - 1)
    return np.asarray(crowded / (room * (1 - used)) * request)


def _first_token(server: Server, at: Pace, prompts_per_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Seconds to the first token without waiting for room, and two shares of them.

    Those behind other prompts (M/G/1: steps with and without a chunk), and those of a burst's
    first wave. Where all users come at
    once, the first wave queues up before an empty server: half of the users on average, once in
    all waves.
    """
    tuning, load = server.engine.tuning, server.load
    busy = np.minimum(prompts_per_s * at.stall_s, _FULL)
    step = at.step_s / (1 - busy)
    met = step + load.variation * at.stall_s**2 * prompts_per_s / (1 - busy**2)
    queue = tuning["queue"] * (0.5 * (met - step) + at.stall_s * prompts_per_s * met)
    cold = np.zeros_like(step)
    if server.waves:
        others = np.maximum(at.running - 1, 0.0)
        cold = cold + tuning["cold"] * 0.5 * others * at.stall_s / server.waves
    return ttft(server.engine, at, queue, cold), queue, cold
