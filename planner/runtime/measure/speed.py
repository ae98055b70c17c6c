"""Speed points of a running engine: prompts of some lengths, and steps of some batches.

The engine is anything with ``run`` of ``measured_requests``. Prompts are random and never
repeat, so no prefix is found in the cache. Every time is kept beside the median.
"""
# ruff: noqa: ANN401, vLLM is not imported where this is checked

from __future__ import annotations

import random
import statistics
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.runtime.measure.requests import Arrivals

#: the first token ids are often special; a larger vocabulary needs no more than this many
_TOKEN_IDS = (10, 30_000)
#: steps after all requests decode together, before they count
_WARM_UP_STEPS = 4
_WARM_UP_RUNS = 2
#: a point that takes longer than this is given up
_LIMIT_S = 180.0
#: no further request has started for this long, or for so many times the longest wait before
_LEAST_PATIENCE_S = 5.0
_PATIENCE = 4.0
_DECILES = 10


def points(engine: Any, plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Measure the points of a plan, one after the other; what cannot be measured says why."""
    model = engine.vllm_config.model_config
    if model.runner_type == "pooling":
        yield {"kind": "none", "skipped": "the model gives embeddings, not tokens"}
        return
    prompts = _Prompts(model.get_vocab_size())
    for tokens in plan["prefill_tokens"]:
        point = {"kind": "prefill", "batch": 1, "tokens": tokens}
        if tokens >= model.max_model_len:
            yield {**point, "skipped": f"longer than max_model_len {model.max_model_len}"}
        else:
            yield point | prefill(engine, prompts, tokens, plan["repeats"])
    decoding = [(batch, plan["decode_context"]) for batch in plan["decode_batches"]]
    for batch, context in [*decoding, *plan.get("decode_points", ())]:
        point = {"kind": "decode", "batch": batch, "context_tokens": context}
        if reason := _cannot_decode(engine.vllm_config, batch, context):
            yield {**point, "skipped": reason}
        else:
            yield point | decode(engine, prompts, batch, context, plan["decode_steps"])


def prefill(engine: Any, prompts: _Prompts, tokens: int, repeats: int) -> dict[str, Any]:
    """The time from a prompt alone to its first token, several times."""
    seconds = []
    for _ in range(_WARM_UP_RUNS + repeats):
        begun, arrivals = engine.run(prompts.make(1, tokens), 1, lambda _: False, _LIMIT_S)
        (came,) = arrivals.values()
        if not came:
            return {"skipped": f"no token within {_LIMIT_S:g} s"}
        seconds.append(came[0][0] - begun)
    return summary(seconds[_WARM_UP_RUNS:])


def decode(engine: Any, prompts: _Prompts, batch: int, context: int, steps: int) -> dict[str, Any]:
    """The time of a step in which all requests of a batch get their next token.

    The prompts are submitted together. Steps count once every request has its first token and
    some warm-up is over, until there are enough, so no prompt is computed beside them.
    """
    most_tokens = engine.vllm_config.model_config.max_model_len - context
    enough = _Enough(_WARM_UP_STEPS + steps + 1)
    begun, arrivals = engine.run(prompts.make(batch, context), most_tokens, enough, _LIMIT_S)
    started = sum(1 for came in arrivals.values() if came)
    if started < batch:
        return {"skipped": f"{started} of {batch} requests ran at a time"}
    first = sorted(came[0][0] - begun for came in arrivals.values())
    intervals, tokens = together(arrivals)
    if not intervals:
        return {"skipped": f"{batch} requests did not decode together"}
    generated = [sum(n for _, n in came) for came in arrivals.values()]
    return {
        **summary(intervals),
        "mean_context_tokens": context + round(statistics.fmean(generated) - steps / 2),
        "tokens_per_step": tokens,
        "first_token_s": {"median": statistics.median(first), "last": first[-1]},
    }


class _Enough:
    """Says when every request has its tokens, or no further request starts."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._started = 0
        self._last_start = time.perf_counter()
        self._longest_gap = 0.0

    def __call__(self, arrivals: Arrivals) -> bool:
        started = sum(1 for came in arrivals.values() if came)
        now = time.perf_counter()
        if started > self._started:
            self._longest_gap = max(self._longest_gap, now - self._last_start)
            self._started, self._last_start = started, now
        if started < len(arrivals):
            # where the cache is full, the others wait for the end of those that run
            patience = max(_LEAST_PATIENCE_S, _PATIENCE * self._longest_gap)
            return now - self._last_start > patience
        return all(len(came) >= self._wanted for came in arrivals.values())


def together(arrivals: Arrivals) -> tuple[list[float], float]:
    """The times between tokens while all requests decode, and the tokens that come at a time.

    >>> together({"a": [(0.0, 1), (2.0, 1)], "b": [(1.0, 1)]})
    ([], 1.0)
    """
    opens = max(came[0][0] for came in arrivals.values())
    closes = min(came[-1][0] for came in arrivals.values())
    intervals: list[float] = []
    tokens: list[int] = []
    for came in arrivals.values():
        inside = [each for each in came if opens <= each[0] <= closes][_WARM_UP_STEPS:]
        times = [at for at, _ in inside]
        intervals += [late - early for early, late in pairwise(times)]
        tokens += [n for _, n in inside[1:]]
    return intervals, statistics.fmean(tokens) if tokens else 1.0


def summary(seconds: Sequence[float]) -> dict[str, Any]:
    """Median and spread, and all of them where they are few."""
    median = statistics.median(seconds)
    deciles = statistics.quantiles(seconds, n=_DECILES) if len(seconds) > 1 else [median]
    each = {"each_s": list(seconds)} if len(seconds) <= _DECILES else {}
    return {
        "seconds": median,
        "p10_s": max(deciles[0], min(seconds)),
        "p90_s": min(deciles[-1], max(seconds)),
        "count": len(seconds),
        **each,
    }


class _Prompts:
    """Random prompts, the same in every run of a case."""

    def __init__(self, vocabulary: int) -> None:
        self._random = random.Random(0)  # noqa: S311 - no secret
        low, high = _TOKEN_IDS
        self._ids = range(min(low, vocabulary - 1), max(1, min(high, vocabulary)))

    def make(self, count: int, tokens: int) -> list[list[int]]:
        """Prompts of a length."""
        return [self._random.choices(self._ids, k=tokens) for _ in range(count)]


def _cannot_decode(config: Any, batch: int, context: int) -> str:
    """Why a batch cannot run at once, where that is plain beforehand."""
    replicas = config.parallel_config.data_parallel_size
    most = config.scheduler_config.max_num_seqs * replicas
    length = config.model_config.max_model_len
    if batch > most:
        return f"max_num_seqs lets {most} requests run"
    if context + _WARM_UP_STEPS >= length:
        return f"longer than max_model_len {length}"
    return ""
