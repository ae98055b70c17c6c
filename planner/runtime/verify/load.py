"""A short load, bounded in requests and in time: what the first and each further token took."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
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


@frozen
class Load:
    """What to ask."""

    requests: int = 8
    concurrency: int = 1
    input_tokens: int = 1024
    output_tokens: int = 64
    limit_s: float = 60.0
    """No request is begun after that."""


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
    _ask(client, model, load)
    started = time.monotonic()
    failed: dict[str, None] = {}
    timed: list[Timed] = []

    def one(_: int) -> None:
        if time.monotonic() - begun > load.limit_s:
            return
        try:
            timed.append(_ask(client, model, load))
        except NoAnswerError as error:
            failed[f"{error.message}: {error.cause}"] = None

    with ThreadPoolExecutor(load.concurrency) as pool:
        list(pool.map(one, range(load.requests)))
    seconds = time.monotonic() - started
    return Measured(
        load=load,
        answers=len(timed),
        failed=tuple(failed),
        seconds=seconds,
        output_tokens_per_s=sum(each.tokens for each in timed) / seconds,
        ttft=_figure([each.ttft_s for each in timed]),
        tpot=_figure([each.tpot_s for each in timed if each.tpot_s is not None]),
    )


def _ask(client: Client, model: str, load: Load) -> Timed:
    prompt = random.choices(_IDS, k=load.input_tokens)  # noqa: S311 - no secret, only no repetition
    body = {
        "model": model,
        "prompt": prompt,
        "max_tokens": load.output_tokens,
        "min_tokens": load.output_tokens,
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
