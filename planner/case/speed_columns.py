"""The speed of every row at some loads: what ranking, rules and answers read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_basis import Basis, basis_of, errors_of
from planner.frozen import frozen
from planner.speed.figures import throughput
from planner.speed.serving import closed_loop, open_loop
from planner.speed.tails import parts_of, tpot_at, ttft_at

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.case.table import Case
    from planner.speed.pace import Server
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
