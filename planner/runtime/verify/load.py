"""A short load, bounded in requests and in time: what the first and each further token took."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from statistics import median, quantiles
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.runtime.launch.client import NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.runtime.launch.client import Client

#: ids that every vocabulary has and that mark nothing special
_IDS = range(16, 240)
_TENTHS = 10
#: requests of a rate that are open at a time
_MOST_WAITING = 512


@frozen
class Load:
    """What to ask."""

    requests: int = 8
    concurrency: int = 1
    input_tokens: int = 1024
    output_tokens: int = 64
    limit_s: float = 60.0
    """No request is begun after that."""
    lengths: tuple[tuple[int, int], ...] = ()
    """Tokens in and out, taken in turn; none: all are as long as the two above say."""
    request_rate: float | None = None
    """Requests a second, whether others are answered or not; None: ``concurrency`` at a time."""
    warm_up: int = 0
    """The first requests that are not timed: a wave that begins at once waits longer than later."""

    def tokens(self, place: int) -> tuple[int, int]:
        """In and out of one request."""
        if self.lengths:
            return self.lengths[place % len(self.lengths)]
        return self.input_tokens, self.output_tokens


@frozen
class Timed:
    """One answer."""

    ttft_s: float
    tpot_s: float | None
    """None of a single token."""
    tokens: int


@frozen
class Figure:
    """Seconds over all answers: the median, and the tenth parts at the ends."""

    median_s: float
    p10_s: float
    p90_s: float


@frozen
class Measured:
    """What the load took."""

    load: Load
    answers: int
    failed: tuple[str, ...]
    """Why others failed, each reason once."""
    seconds: float
    output_tokens_per_s: float
    ttft: Figure | None
    tpot: Figure | None


def measure(client: Client, model: str, load: Load) -> Measured:
    """Ask for tokens, so many requests at a time.

    Prompts are random tokens, so that no cache of prefixes answers.
    """
    begun = time.monotonic()
    # one that is not counted: what is compiled or captured on first use is not the steady state
    _ask(client, model, load, 0)
    started = time.monotonic()
    failed: dict[str, None] = {}
    answered: dict[int, Timed] = {}
    due = _due(load)

    def one(place: int) -> None:
        time.sleep(max(started + due[place] - time.monotonic(), 0))
        if time.monotonic() - begun > load.limit_s:
            return
        try:
            answered[place] = _ask(client, model, load, place)
        except NoAnswerError as error:
            failed[f"{error.message}: {error.cause}"] = None

    at_a_time = load.concurrency if load.request_rate is None else _MOST_WAITING
    with ThreadPoolExecutor(min(at_a_time, load.requests)) as pool:
        list(pool.map(one, range(load.requests)))
    seconds = time.monotonic() - started
    timed = [each for place, each in answered.items() if place >= load.warm_up]
    return Measured(
        load=load,
        answers=len(answered),
        failed=tuple(failed),
        seconds=seconds,
        output_tokens_per_s=sum(each.tokens for each in answered.values()) / seconds,
        ttft=_figure([each.ttft_s for each in timed]),
        tpot=_figure([each.tpot_s for each in timed if each.tpot_s is not None]),
    )


def _due(load: Load) -> list[float]:
    """Seconds from the start until each request: at once, or as people come who do not agree."""
    if load.request_rate is None:
        return [0.0] * load.requests
    rate = load.request_rate
    return list(accumulate(random.expovariate(rate) for _ in range(load.requests)))


def _ask(client: Client, model: str, load: Load, place: int) -> Timed:
    tokens_in, tokens_out = load.tokens(place)
    prompt = random.choices(_IDS, k=tokens_in)  # noqa: S311 - no secret, only no repetition
    body = {
        "model": model,
        "prompt": prompt,
        "max_tokens": tokens_out,
        "min_tokens": tokens_out,
        "ignore_eos": True,
        "temperature": 0,
        "stream_options": {"include_usage": True},
    }
    begun = time.monotonic()
    came: list[float] = []
    tokens = 0
    for event in client.stream("/v1/completions", body, timeout_s=load.limit_s):
        if event.get("choices"):
            came.append(time.monotonic())
        tokens = (event.get("usage") or {}).get("completion_tokens") or tokens
    if not came:
        raise NoAnswerError("the server sent no token", cause="its answer was empty")
    tokens = tokens or len(came)
    return Timed(
        ttft_s=came[0] - begun,
        tpot_s=(came[-1] - came[0]) / (tokens - 1) if tokens > 1 else None,
        tokens=tokens,
    )


def _figure(seconds: Sequence[float]) -> Figure | None:
    if not seconds:
        return None
    ends = quantiles(seconds, n=_TENTHS, method="inclusive") if len(seconds) > 1 else [*seconds] * 2
    return Figure(median_s=median(seconds), p10_s=ends[0], p90_s=ends[-1])
