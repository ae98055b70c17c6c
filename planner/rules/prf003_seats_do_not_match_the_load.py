"""Another number of seats would serve the load faster.

What it checks:
    at the load that is named, a request takes at least 5 % longer than it would with
    ``--max-num-seqs`` near the requests that one engine gets.
Why:
    fewer seats than requests make some wait although the KV cache has room. Far more seats than
    requests cost memory: CUDA graphs and the sampler's buffers are sized by them, and the KV cache
    is what is left.

Example:
    256 requests at a time on an engine with ``--max-num-seqs 16``.
Fix:
    ``--max-num-seqs`` as the finding says.
Source in vLLM:
    ``vllm.config.scheduler.SchedulerConfig.max_num_seqs``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.case.what_if import with_settings
from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.gain import gain_text, none, saved, worthwhile

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rules.parts.gain import Floats
    from planner.units import Bools, Ints

CODE = "PRF003"
NAME = "seats-do-not-match-the-load"
SEVERITY = Severity.ADVICE
ORIGIN = Origin.POLICY
SCOPE = "layout"
BAD = ("--model Qwen/Qwen3-8B --gpus H100 --concurrency 256 --max-num-seqs 16",)
GOOD = ("--model Qwen/Qwen3-8B --gpus H100 --concurrency 256 --max-num-seqs 256",)


def broken(case: Case) -> Bools:
    """Rows that gain clearly."""
    return worthwhile(gain(case))


def gain(case: Case) -> Floats:
    """Share of a request's time that seats for the load save."""
    share = none(case)
    if case.workload.concurrency is None:
        return share
    wanted = _wanted(case)
    for seats in set(wanted.tolist()) - {case.settings.max_num_seqs}:
        share = np.where(wanted == seats, saved(case, _changed(case, seats)), share)
    return share


def explain(case: Case, row: int) -> Explanation:
    """Before and after."""
    seats = int(_wanted(case)[row])
    return Explanation(
        message=(
            f"max_num_seqs is {case.settings.max_num_seqs} for {case.workload.concurrency} "
            f"requests at a time; with {seats} {gain_text(case, _changed(case, seats), row)}"
        ),
        cause="requests without a seat wait; seats that nobody takes cost memory",
        fix=f"add --max-num-seqs {seats}",
        source="vllm.config.scheduler.SchedulerConfig.max_num_seqs",
    )


def _wanted(case: Case) -> Ints:
    """Seats of one engine for its share of the requests, the next power of two: Int64[rows]."""
    share = -(-(case.workload.concurrency or 1) // case.layouts.dp)
    return np.asarray(2 ** np.ceil(np.log2(np.maximum(share, 8))), dtype=np.int64)


def _changed(case: Case, seats: int) -> Case:
    return with_settings(case, max_num_seqs=seats)
