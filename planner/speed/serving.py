"""A server under load: from the time of a step to the times of requests.

As many requests run as the KV cache has room for; the others wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.speed.figures import tpot
from planner.speed.first_token import at_random, in_turn
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
    token = tpot(at, load, _again(server, users), _stalled(server, at, users))
    others = np.maximum(at.running - 1, 0.0)
    prompts_per_s = others / (load.output_tokens * token + at.stall_s)
    first = in_turn(server, at)
    request = first.mean_s + load.output_tokens * token
    wait = np.maximum(users / at.running - 1, 0.0) * request
    if server.waves:
        # the first of a burst wait for nobody, the last of its first wave for all before them
        wait = wait * (1 - 1 / (2 * server.waves))
    full = users > server.room
    if server.waves:
        # the first wave grows in step, and its last requests are put off until others are done
        put_off = np.maximum(users / server.room_at_peak - 1, 0.0) * request / (2 * server.waves)
        full = full | (put_off > 0)
        wait = np.maximum(wait, put_off)
    return Served(
        pace=at,
        ttft_s=first.mean_s + wait,
        tpot_s=token,
        queue_s=first.queue_s,
        wait_s=wait,
        cold_s=first.cold_s,
        requests_per_s=at.running / request,
        busy=np.minimum(prompts_per_s * at.stall_s, _FULL),
        saturated=full,
    )


def _stalled(server: Server, at: Pace, users: Floats) -> Floats | float:
    """The share of others' prompts that comes while a request decodes: Float64[rows, loads].

    All, but that of a burst the first meet only those behind them: half, on average.
    """
    if not server.waves:
        return 1.0
    return 1 - at.running / (2 * server.waves * np.maximum(users, at.running))


def _again(server: Server, users: Floats) -> Floats:
    """How often a prompt is computed again where the KV cache is full: Float64[rows, loads].

    An answer that ends frees room for its prompt and its own tokens, and waiting prompts take it
    all; when others grow, those beyond the first are put off again, and lose what was computed.

    Source: Scheduler.schedule of vllm.v1.core.sched.scheduler (0.33.0): preemption, last come first
    Checked: tests/speed run the scheduler step by step; throughput is within 6 %.
    """
    short = server.room < server.seats
    most = server.load.output_tokens / server.load.input_tokens
    return np.where(short, np.clip(users - server.room, 0.0, most), 0.0)


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
    come = np.minimum(rate, _FULL / at.stall_s)
    first = at_random(server, at, come, np.minimum(busy, _FULL))
    request = first.mean_s + load.output_tokens * token
    wait = np.where(full, np.inf, _wait_for_room(high / server.room, server.room, request))
    return Served(
        pace=at,
        ttft_s=first.mean_s + wait,
        tpot_s=token,
        queue_s=first.queue_s,
        wait_s=wait,
        cold_s=first.cold_s,
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
