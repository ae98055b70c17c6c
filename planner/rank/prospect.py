"""What the rows of a case promise at the load they are compared at, and how they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_columns import speed_at
from planner.frozen import frozen
from planner.rank.preference import (
    ALIKE,
    ALIKE_AT_A_GUESS,
    MISSES,
    Limits,
    Offered,
    Span,
    best_load,
    excess,
    score,
    standing,
)
from planner.rank.structure import advised_first, certain_first

if TYPE_CHECKING:
    from planner.case import Case
    from planner.goal import Goal
    from planner.rank.preference import Floats
    from planner.units import Ints

#: loads between one request and a full server that are tried where a limit has to choose one
LOADS = 24
#: where no load and no limit of time is named, servers are filled as far as each further token
#: comes within this: as fast as one reads, and what MLPerf Inference asks of Llama 2 70B
#: (server scenario)
PACE_S = 0.2
#: tensor parallelism over PCIe must be so much better: hosts differ tenfold by their slots, and few
#: were measured (hardware_db/README.md)
SLOTS_DIFFER = 1.25


@frozen
class Prospect:
    """Columns over the rows of a case.

    Attributes:
        before: what no speed outweighs, smaller first.
        stands: to the limits: 0 meets all, 1 may, 2 misses one.
        weight: of the objective, smaller first.
        after: what decides between rows alike in all that.
        concurrency: requests in flight of one server; NaN where a rate is the load.
        request_rate: requests a second of one server; NaN where they come in a closed loop.
        servers: copies of the layout that share the cluster's load.
        offered: at that load, by all of them.
        alike: weights within this share of each other tell nothing apart.
    """

    before: tuple[Ints, ...]
    stands: Ints
    weight: Floats
    after: tuple[Ints, ...]
    concurrency: Floats
    request_rate: Floats
    servers: Ints
    offered: Offered
    alike: float


def limits_of(case: Case, goal: Goal) -> Limits:
    """What is accepted at most and asked at least."""
    workload = case.workload
    return Limits(
        ttft_s=None if workload.ttft_ms is None else workload.ttft_ms / 1000,
        tpot_s=None if workload.tpot_ms is None else workload.tpot_ms / 1000,
        output_tokens_per_s=goal.min_throughput,
    )


def prospect(case: Case, goal: Goal, usd_per_gpu_hour: float | None = None) -> Prospect:
    """How the rows compare: each at the load that is named, or at the one it does best at."""
    limits = limits_of(case, goal)
    loads, servers = _loads(case, goal, limits)
    rate = case.workload.concurrency is None and case.workload.request_rate is not None
    shown = at_loads(case, loads, servers, rate=rate)
    doubt, fills = _doubt(case), _fills(case, goal, limits)
    weight = score(shown, goal.objective, case.workload.output_tokens) * doubt
    chosen = best_load(shown, Limits(tpot_s=PACE_S) if fills else limits, weight)
    rows, before = np.arange(len(chosen)), certain_first(case)
    if fills:
        # who is slower with one request already is filled, behind those who are not
        slow = shown.tpot_s.mid[:, 0] * doubt[:, 0] > PACE_S
        chosen, before = np.where(slow, LOADS - 1, chosen), (*before, slow.astype(np.int64))
    offered = shown.at((rows, chosen))
    stands, weight = standing(offered, limits), weight[rows, chosen]
    weight = np.where(stands == MISSES, excess(offered, limits), weight)
    if goal.max_cost is not None and usd_per_gpu_hour is not None:
        dear = case.layouts.gpus * usd_per_gpu_hour > goal.max_cost
        stands = np.where(dear, MISSES, stands)
    if goal.objective == "context":
        before = (*before, -case.max_model_len)
        weight = 1 / np.maximum(servers[:, 0] * case.kv.concurrency(case.max_model_len), 1e-9)
    load = loads[rows, chosen]
    unknown = np.full(len(rows), np.nan)
    return Prospect(
        before=before,
        stands=stands,
        # a model that generates nothing has no speed: what is advised decides
        weight=np.nan_to_num(weight, nan=1.0),
        after=advised_first(case),
        concurrency=unknown if rate else load,
        request_rate=load if rate else unknown,
        servers=servers[rows, chosen],
        offered=offered,
        # a limit of time finds the load, whereas a full server is a guess of what is asked
        alike=ALIKE if _named(case) or limits.of_times else ALIKE_AT_A_GUESS,
    )


def _doubt(case: Case) -> Floats:
    """What is asked more of a layout whose links are known least: [rows, 1]."""
    slots = (case.layouts.tp > 1) & (not case.fast_link)
    return np.where(slots, SLOTS_DIFFER, 1.0)[:, np.newaxis]


def _named(case: Case) -> float | None:
    """The load that the request names."""
    return case.workload.concurrency or case.workload.request_rate


def _fills(case: Case, goal: Goal, limits: Limits) -> bool:
    """Whether nothing says how far a server is filled."""
    return not (_named(case) or limits.of_times or goal.objective == "latency")


def at_loads(case: Case, loads: Floats, servers: Ints, *, rate: bool) -> Offered:
    """What rows offer at loads of one server each: rows x loads, of all servers together."""
    columns = speed_at(
        case, concurrency=None if rate else loads, request_rate=loads if rate else None
    )
    # fewer requests than servers leave some of them idle
    busy = servers if rate else np.minimum(servers, np.maximum(loads * servers, 1))
    tokens = columns.output_tokens_per_s
    return Offered(
        ttft_s=Span(low=columns.ttft_s.low, mid=columns.ttft_s.mid, high=columns.ttft_s.high),
        tpot_s=Span(low=columns.tpot_s.low, mid=columns.tpot_s.mid, high=columns.tpot_s.high),
        output_tokens_per_s=Span(
            low=tokens.low * busy, mid=tokens.mid * busy, high=tokens.high * busy
        ),
        gpus=case.layouts.gpus[:, np.newaxis] * servers,
    )


def full_load(case: Case) -> Floats:
    """Requests that run at a time on a server with all its seats taken, or its KV cache full.

    More would wait, and throughput would not rise: Float64[rows].
    """
    seats = (case.settings.max_num_seqs * case.layouts.dp).astype(np.float64)
    running = speed_at(case, concurrency=seats[:, np.newaxis]).running[:, 0]
    return np.asarray(np.maximum(np.floor(np.nan_to_num(running, nan=1.0)), 1.0))


def ladder(case: Case, steps: int = LOADS) -> Floats:
    """Loads from one request to a full server, in even ratios: rows x steps."""
    share = np.linspace(0.0, 1.0, steps)
    return np.asarray(np.round(full_load(case)[:, np.newaxis] ** share))


def _loads(case: Case, goal: Goal, limits: Limits) -> tuple[Floats, Ints]:
    """The loads of one server that are tried, and the servers that share the whole: rows x loads.

    A named load is shared by all servers that fit; the cheapest way may need fewer of them.
    """
    most = np.maximum(case.group.gpus // case.layouts.gpus, 1)[:, np.newaxis]
    named = _named(case)
    if named:
        servers = most
        if goal.objective == "cost":
            share = np.linspace(0.0, 1.0, LOADS)
            servers = np.round(most.astype(np.float64) ** share).astype(np.int64)
        loads = named / servers
        return loads if case.workload.concurrency is None else np.maximum(loads, 1.0), servers
    if goal.objective == "latency" and not limits.of_times:
        loads = np.ones((len(case.layouts), 1))
    else:
        loads = ladder(case)
    return loads, np.broadcast_to(most, loads.shape)
