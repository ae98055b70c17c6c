"""The speed of every row at some loads: what ranking, rules and answers read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_basis import Basis, basis_of, errors_of
from planner.frozen import frozen
from planner.speed.figures import throughput
from planner.speed.load import Load, drafted_tokens, load_of
from planner.speed.serving import Server, closed_loop, open_loop
from planner.speed.tails import parts_of, tpot_at, ttft_at

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.case.table import Case
    from planner.speed.serving import Served
    from planner.units import Bools, Floats

_NAMES = {"kv_cache": "kv_bandwidth", "pipeline": "network"}
#: standard deviations of the normal distribution that nine in ten stay below
_NINE_IN_TEN = 1.2816


@frozen
class Predicted:
    """A figure with its 10th and 90th percentile."""

    low: Floats
    mid: Floats
    high: Floats


@frozen
class SpeedColumns:
    """Columns of rows x loads; all cover a whole layout with all its replicas.

    Attributes:
        ttft_s: to the first token; tpot_s: for each further one.
        ttft_p90_s, ttft_p99_s, tpot_p90_s: that so many of a hundred requests stay below.
        output_tokens_per_s, requests_per_s: of the layout.
        running: requests that decode at a time.
        waiting_s: share of ``ttft_s`` that is waiting for a place.
        saturated: some requests wait for a seat or for room in the KV cache.
        parts: seconds of a token by what takes them.
        limited_by: the largest of them, or what makes requests wait.
        basis: how the constants were found.
    """

    ttft_s: Predicted
    tpot_s: Predicted
    ttft_p90_s: Floats
    ttft_p99_s: Floats
    tpot_p90_s: Floats
    output_tokens_per_s: Predicted
    requests_per_s: Predicted
    running: Floats
    waiting_s: Floats
    saturated: Bools
    parts: dict[str, Floats]
    limited_by: npt.NDArray[np.str_]
    basis: Basis


def speed_at(
    case: Case, concurrency: Floats | None = None, request_rate: Floats | None = None
) -> SpeedColumns:
    """Times and rates at loads of one layout: so many requests in flight, or so many a second.

    Args:
        case: the table.
        concurrency: [rows, loads] or [loads], in a closed loop.
        request_rate: the same, in an open loop; where both are given the first counts.
    """
    served, busy = served_at(case, concurrency, request_rate)
    return _columns(case, case.server, served, busy)


def served_at(
    case: Case, concurrency: Floats | None = None, request_rate: Floats | None = None
) -> tuple[Served, Floats]:
    """The same of one engine, and how many engines of each row have requests."""
    given = request_rate if concurrency is None else concurrency
    asked = np.asarray(given, dtype=np.float64)
    loads = np.broadcast_to(asked, (len(case.layouts), asked.shape[-1]))
    engines = case.layouts.dp[:, np.newaxis].astype(np.float64)
    server = case.server
    if concurrency is None:
        busy: Floats = engines
        served = open_loop(server, loads / engines)
    else:
        # fewer requests than engines leave some without any
        users = np.maximum(loads / engines, np.minimum(loads, 1.0))
        busy = loads / users
        served = closed_loop(server, users)
    return served, busy


def _columns(case: Case, server: Server, served: Served, engines: Floats) -> SpeedColumns:
    load = server.load
    basis = basis_of(case)
    errors = errors_of(case, basis)

    def spans(name: str, values: Floats) -> Predicted:
        low, high = errors[name]
        return Predicted(low=values * low, mid=values, high=values * high)

    rate = served.requests_per_s * engines
    parts = parts_of(served, load)
    return SpeedColumns(
        ttft_s=spans("ttft", served.ttft_s),
        tpot_s=spans("tpot", served.tpot_s),
        ttft_p90_s=ttft_at(served, server.waves, 0.9),
        ttft_p99_s=ttft_at(served, server.waves, 0.99),
        tpot_p90_s=tpot_at(served, load, _NINE_IN_TEN),
        output_tokens_per_s=spans("throughput", throughput(rate, load)),
        requests_per_s=spans("throughput", rate),
        running=served.pace.running * engines,
        waiting_s=served.wait_s,
        saturated=served.saturated,
        parts=parts,
        limited_by=_limits(case, server, served, parts),
        basis=basis,
    )


def _limits(
    case: Case, server: Server, served: Served, parts: dict[str, Floats]
) -> npt.NDArray[np.str_]:
    """The largest part of a token's time; what requests wait for where they do."""
    names = list(parts)
    largest = np.argmax([parts[name] for name in names], axis=0)
    words = np.array([_NAMES.get(name, name) for name in names])[largest]
    across = case.placement.tp_leaves_domain[:, np.newaxis] & (words == "all_reduce")
    words = np.where(across, "network", words)
    waits = np.where(server.room < case.settings.max_num_seqs, "kv_capacity", "queue")
    return np.asarray(np.where(served.saturated, waits, words))


def server_of(case: Case) -> Server:
    """The engine of each row under the case's kind of requests."""
    layers, settings = case.stages.layers, case.settings
    mean = layers.sum(axis=1) / case.layouts.pp
    uneven = layers.max(axis=1) / mean
    bubble = 1 + case.engine.tuning["stage_bubble"] * (case.layouts.pp - 1)
    load = requests_of(case)
    return Server(
        work=case.work,
        engine=case.engine,
        load=load,
        room=_room(case, load.context_tokens),
        room_at_end=_room(case, _at_end(load)),
        chunk=float(settings.max_num_batched_tokens),
        imbalance=(uneven * bubble)[:, np.newaxis],
        waves=_waves(case),
    )


def requests_of(case: Case) -> Load:
    """The kind of requests that is asked about."""
    workload, settings = case.workload, case.settings
    drafted = settings.speculative_tokens
    chance = workload.acceptance_rate
    if chance is None:
        chance = case.engine.tuning["acceptance_rate"]
    alike = ((workload.input_tokens, workload.output_tokens),)
    return load_of(
        workload.lengths.requests if workload.lengths else alike,
        prefix_cache_hit_rate=workload.prefix_cache_hit_rate if settings.prefix_caching else 0.0,
        tokens_per_step=drafted_tokens(chance, drafted),
    )


def _at_end(load: Load) -> float:
    return load.input_tokens + load.output_tokens


def _room(case: Case, tokens: float) -> Floats:
    """Requests of so many tokens that an engine runs at a time: seats, and room for their cache."""
    seats = float(case.settings.max_num_seqs)
    typical = np.full(len(case.layouts), round(tokens), dtype=np.int64)
    held = np.where(case.kv.exists, case.kv.concurrency(typical), seats)
    return np.clip(held, 1.0, seats)[:, np.newaxis]


def _waves(case: Case) -> float:
    """How often a benchmark's users come round that all start at once; 0 in steady state."""
    workload = case.workload
    if workload.arrival != "burst":
        return 0.0
    users = workload.concurrency or workload.num_prompts or 1
    return max((workload.num_prompts or users) / users, 1.0)
