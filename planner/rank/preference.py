"""What is preferred: the limits first, then the objective; on columns, whatever they describe.

A column is of rows of a table, of rows at several loads, or of measured runs: the same functions
choose a layout, a load and a purchase, and are held against measurements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.units import Ints

Floats = npt.NDArray[np.float64]

#: a limit is met whatever the model's error, by its middle alone, or not
SURE, MAY_MEET, MISSES = 0, 1, 2
#: scores so near each other are alike: at a named load, and where the load is a guess itself
ALIKE, ALIKE_AT_A_GUESS = 0.01, 0.1
#: a limit that the interval's end breaks by no more than this is surely kept: with a closer one
#: the load that is chosen gives up more throughput than it saves broken limits
TOLERANCE = 0.2


@frozen
class Span:
    """A predicted figure with its 10th and 90th percentile."""

    low: Floats
    mid: Floats
    high: Floats

    def at(self, index: Any) -> Span:  # noqa: ANN401 - whatever numpy takes between brackets
        """Some of its entries."""
        return Span(low=self.low[index], mid=self.mid[index], high=self.high[index])


@frozen
class Limits:
    """What is accepted at most, seconds, and asked at least; None limits nothing."""

    ttft_s: float | None = None
    tpot_s: float | None = None
    output_tokens_per_s: float | None = None

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return (self.ttft_s, self.tpot_s, self.output_tokens_per_s) != (None, None, None)

    @property
    def of_times(self) -> bool:
        """Whether a time is limited, so that a load can be too high."""
        return (self.ttft_s, self.tpot_s) != (None, None)


@frozen
class Offered:
    """What is offered at a load: columns of one shape.

    Attributes:
        ttft_s: time to the first token.
        tpot_s: time of each further one.
        output_tokens_per_s: of all servers together.
        gpus: that these servers take.
    """

    ttft_s: Span
    tpot_s: Span
    output_tokens_per_s: Span
    gpus: Ints

    def at(self, index: Any) -> Offered:  # noqa: ANN401 - whatever numpy takes between brackets
        """Some of its entries."""
        return Offered(
            ttft_s=self.ttft_s.at(index),
            tpot_s=self.tpot_s.at(index),
            output_tokens_per_s=self.output_tokens_per_s.at(index),
            gpus=self.gpus[index],
        )


def standing(offered: Offered, limits: Limits) -> Ints:
    """How each entry stands to the limits: 0 meets all, 1 may, 2 misses one.

    The interval is the margin: who meets a limit by the middle of the prediction, and would break
    it by more than a fifth at the interval's end, may meet it.
    """
    worst = np.zeros(np.shape(offered.gpus), dtype=np.int64)
    for span, most in ((offered.ttft_s, limits.ttft_s), (offered.tpot_s, limits.tpot_s)):
        if most is not None:
            kept, surely = span.mid <= most, span.high <= most * (1 + TOLERANCE)
            worst = np.maximum(worst, np.where(kept, np.where(surely, SURE, MAY_MEET), MISSES))
    least = limits.output_tokens_per_s
    if least is not None:
        rate = offered.output_tokens_per_s
        kept, surely = rate.mid >= least, rate.low >= least * (1 - TOLERANCE)
        worst = np.maximum(worst, np.where(kept, np.where(surely, SURE, MAY_MEET), MISSES))
    return worst


def excess(offered: Offered, limits: Limits) -> Floats:
    """How many times the limit the worst figure is; below 1 where all are met."""
    worst = np.zeros(np.shape(offered.gpus), dtype=np.float64)
    for span, most in ((offered.ttft_s, limits.ttft_s), (offered.tpot_s, limits.tpot_s)):
        if most is not None:
            worst = np.maximum(worst, span.mid / most)
    least = limits.output_tokens_per_s
    if least is not None:
        worst = np.maximum(worst, least / np.maximum(offered.output_tokens_per_s.mid, 1e-9))
    return worst


def score(offered: Offered, objective: str, output_tokens: float) -> Floats:
    """What an objective weighs, smaller is better; ratios of it are ratios of what is wanted.

    ``throughput``: seconds of all servers for a token. ``cost``: the same times their GPUs, which
    is money where all GPUs cost alike. ``latency``: seconds of a whole request.
    """
    seconds_per_token = 1 / np.maximum(offered.output_tokens_per_s.mid, 1e-9)
    if objective == "latency":
        further = max(output_tokens - 1, 0)
        whole: Floats = offered.ttft_s.mid + further * offered.tpot_s.mid
        return whole
    if objective == "cost":
        return np.asarray(seconds_per_token * offered.gpus)
    return seconds_per_token


def best_load(offered: Offered, limits: Limits, weight: Floats) -> Ints:
    """The load each row does best at: rows x loads to a place in the ladder.

    Of the loads that surely meet the limits the one of least weight; else of those that may; else
    the one that misses by least.
    """
    stands = standing(offered, limits)
    shown = np.where(stands == MISSES, excess(offered, limits), weight)
    best = stands.min(axis=1, keepdims=True)
    return np.asarray(np.where(stands == best, shown, np.inf).argmin(axis=1), dtype=np.int64)


def tiers(keys: list[Ints], weight: Floats, alike: float = ALIKE) -> tuple[Ints, Ints]:
    """Entries in order of whole-number keys and then of weight, and the tier of each place.

    Entries of one tier have the same keys, and weights within ``alike`` of its first.
    """
    order = np.lexsort([weight, *reversed(keys)])
    sorted_weight = weight[order]
    changes = np.zeros(len(order), dtype=np.bool_)
    for key in keys:
        changes[1:] |= key[order][1:] != key[order][:-1]
    ends = [*np.flatnonzero(changes).tolist(), len(order)]
    tier = np.zeros(len(order), dtype=np.int64)
    start, number = 0, 0
    for end in ends:
        while start < end:
            # by Python's float, which has no end: a queue without end weighs the most there is
            most = float(sorted_weight[start]) * (1 + alike)
            stop = start + int(np.searchsorted(sorted_weight[start:end], most, side="right"))
            tier[start : max(stop, start + 1)] = number
            start, number = max(stop, start + 1), number + 1
    return order, tier
