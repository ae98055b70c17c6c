"""Fewer GPUs would keep the limits.

What it checks:
    where a load and a limit of time are named: half the tensor, pipeline or data parallel size
    would surely keep ``--ttft-ms`` and ``--tpot-ms`` too.
Why:
    what is faster than was asked for is paid all the same.

Example:
    a small model over eight GPUs for four requests at a time and 50 ms for each token.
Fix:
    the smaller sizes that the finding names; ``--objective cost`` looks for them.
Source in vLLM:
    none: this planner's own model of speed
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.what_if import with_sizes
from planner.finding import Origin, Severity
from planner.goal import Goal
from planner.hardware.prices import price_of
from planner.rank.preference import SURE, standing
from planner.rank.prospect import at_loads, limits_of
from planner.rules.base import Explanation
from planner.rules.parts.gain import load_named

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rank.preference import Offered
    from planner.units import Bools

CODE = "CST003"
NAME = "fewer-gpus-keep-the-limits"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-8B --gpus 8xH100 -tp 8 --concurrency 4 --tpot-ms 50",)
GOOD = (
    "--model Qwen/Qwen3-8B --gpus 8xH100 -tp 8 --concurrency 4 --tpot-ms 3.5",
    "--model Qwen/Qwen3-8B --gpus 8xH100 -tp 8 --concurrency 4",
)
#: sizes that are halved, the one that costs least first
_SIZES = {"dp": "data", "pp": "pipeline", "tp": "tensor"}


def broken(case: Case) -> Bools | bool:
    """Rows of which half keeps the limits."""
    workload = case.workload
    timed = workload.ttft_ms is not None or workload.tpot_ms is not None
    if not (timed and load_named(case)):
        return False
    return np.asarray(np.any([_keeps(case, axis) for axis in _SIZES], axis=0))


def explain(case: Case, row: int) -> Explanation:
    """The smallest size, what it gives, and what it spares."""
    axis = next(axis for axis in _SIZES if _keeps(case, axis)[row])
    part = 2
    while _keeps(case, axis, 2 * part)[row]:
        part *= 2
    smaller = _divided(case, axis, part)
    gpus, fewer = int(case.layouts.gpus[row]), int(smaller.layouts.gpus[row])
    size = int(getattr(smaller.layouts, axis)[row])
    offered = _offered(smaller)
    price = price_of(case.group)
    money = f", ${(gpus - fewer) * price.usd_per_gpu_hour:.2f} an hour less" if price else ""
    return Explanation(
        message=(
            f"{fewer} GPU{'s' if fewer > 1 else ''} rather than {gpus} surely keep"
            f"{'' if fewer > 1 else 's'} the limits{money}: first token after "
            f"{1000 * offered.ttft_s.mid[row, 0]:,.0f} ms, then one every "
            f"{1000 * offered.tpot_s.mid[row, 0]:.1f} ms"
        ),
        cause=f"a smaller {_SIZES[axis]} parallel size is fast enough for the named load",
        fix=f"use --{_SIZES[axis]}-parallel-size {size}",
    )


def _divided(case: Case, axis: str, part: int) -> Case:
    """All rows with a part of one size, where it divides."""
    sizes = getattr(case.layouts, axis)
    return with_sizes(case, **{axis: np.where(sizes % part == 0, sizes // part, sizes)})


def _keeps(case: Case, axis: str, part: int = 2) -> Bools:
    """Rows that keep the limits surely with a part of a size."""
    smaller = _divided(case, axis, part)
    fewer = smaller.layouts.gpus < case.layouts.gpus
    if not fewer.any():
        return np.zeros(len(fewer), dtype=np.bool_)
    sure = standing(_offered(smaller), limits_of(case, Goal()))[:, 0] == SURE
    return np.asarray(fewer & smaller.fits & sure)


def _offered(case: Case) -> Offered:
    """What one server gives at the named load."""
    workload = case.workload
    rate = workload.concurrency is None
    load = workload.request_rate if rate else workload.concurrency
    loads = np.full((len(case.layouts), 1), load, dtype=np.float64)
    return at_loads(case, loads, np.ones(loads.shape, dtype=np.int64), rate=rate)
