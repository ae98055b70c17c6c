"""The speed of every row at some loads: what ranking, rules and answers read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.case.engine import kernels_of
from planner.frozen import frozen
from planner.speed.serving import Batching, closed_loop, open_loop

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.case.table import Case
    from planner.speed.serving import Served
    from planner.speed.step import Floats
    from planner.units import Bools

_NAMES = {"compute": "compute", "weights": "weights", "kv_cache": "kv_bandwidth"}


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
        output_tokens_per_s, requests_per_s: of the layout.
        running: requests that decode at a time.
        waiting_s: share of ``ttft_s`` that is waiting for a place.
        saturated: some requests wait for a seat or for room in the KV cache.
        parts: seconds of a decode step by what takes them.
        limited_by: the largest of them, or what makes requests wait.
        basis: how the constants were found.
    """

    ttft_s: Predicted
    tpot_s: Predicted
    output_tokens_per_s: Predicted
    requests_per_s: Predicted
    running: Floats
    waiting_s: Floats
    saturated: Bools
    parts: dict[str, Floats]
    limited_by: npt.NDArray[np.str_]
    basis: Literal["calibrated", "extrapolated"]


def speed_at(
    case: Case, concurrency: Floats | None = None, request_rate: Floats | None = None
) -> SpeedColumns:
    """Times and rates at loads of one layout: so many requests in flight, or so many a second.

    Args:
        case: the table.
        concurrency: [rows, loads] or [loads], in a closed loop.
        request_rate: the same, in an open loop; where both are given the first counts.
    """
    load = np.asarray(request_rate if concurrency is None else concurrency, dtype=np.float64)
    loads = np.broadcast_to(load, (len(case.layouts), load.shape[-1]))
    served = served_at(case, loads, rate=concurrency is None)
    kernels = kernels_of(case)
    output = case.workload.output_tokens

    def spans(name: str, values: Floats) -> Predicted:
        low, high = kernels.errors[name]
        return Predicted(low=values * low, mid=values, high=values * high)

    return SpeedColumns(
        ttft_s=spans("ttft_s", served.ttft_s),
        tpot_s=spans("tpot_s", served.tpot_s),
        output_tokens_per_s=spans("requests_per_s", served.requests_per_s * output),
        requests_per_s=spans("requests_per_s", served.requests_per_s),
        running=served.running,
        waiting_s=served.waiting_s,
        saturated=np.asarray(served.saturated, dtype=np.bool_),
        parts=served.parts,
        limited_by=_limits(case, served),
        basis="calibrated" if kernels.points else "extrapolated",
    )


def _limits(case: Case, served: Served) -> npt.NDArray[np.str_]:
    """The largest part of a step; the KV cache where requests wait for room in it."""
    names = list(served.parts)
    largest = np.argmax([served.parts[name] for name in names], axis=0)
    words = np.array([_NAMES.get(name, name) for name in names])[largest]
    seats = case.settings.max_num_seqs
    room = case.batching.most < seats
    waits = np.where(room, "kv_capacity", "queue")
    return np.asarray(np.where(served.saturated, waits, words))


def batching_of(case: Case) -> Batching:
    """What bounds a batch of each row's engines."""
    layouts, workload, settings = case.layouts, case.workload, case.settings
    typical = np.full(len(layouts), workload.input_tokens + workload.output_tokens // 2)
    held = case.kv.num_blocks / np.maximum(case.kv.planned.blocks_of(typical), 1)
    held = np.where(case.kv.exists, held, settings.max_num_seqs)
    most = np.minimum(held, settings.max_num_seqs)
    return Batching(
        engines=layouts.dp[:, np.newaxis].astype(np.float64),
        stages=layouts.pp[:, np.newaxis].astype(np.float64),
        most=most[:, np.newaxis],
        chunk=float(settings.max_num_batched_tokens),
        input_tokens=float(workload.input_tokens),
        output_tokens=float(workload.output_tokens),
        cached=workload.prefix_cache_hit_rate if settings.prefix_caching else 0.0,
        waves=_waves(case),
    )


def _waves(case: Case) -> float | None:
    """Requests of each place in a benchmark that sends all at once; None in steady state."""
    workload = case.workload
    if workload.arrival != "burst" or workload.concurrency is None:
        return None
    return max((workload.num_prompts or workload.concurrency) / workload.concurrency, 1.0)


def served_at(case: Case, loads: Floats, *, rate: bool) -> Served:
    """The model of speed at loads: [rows, loads]."""
    served = open_loop if rate else closed_loop
    return served(case.engine, case.batching, loads)
