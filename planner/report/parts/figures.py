"""Each figure of a layout with its interval and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.report.parts.memory import TERMS, tightest
from planner.units import count_text, duration_text, gib_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.plan import KvCache, Layout, Performance, Stage

Span = tuple[float, float]

_COUNTED = "counted as vLLM builds and shards it"
_CONSTANTS = "measured constants, below"
_BY_ROOM = "follows from the room for the cache"
_SPEED: tuple[tuple[str, str, str], ...] = (
    ("First token", "ttft_ms", "{:,.0f} ms"),
    ("Each further token", "tpot_ms", "{:,.1f} ms"),
    ("Output tokens a second", "output_tokens_per_s", "{:,.0f}"),
    ("Requests a second", "requests_per_s", "{:,.3g}"),
)
_LONGER = (
    ("First token, nine in ten", "ttft_p90_ms"),
    ("First token, 99 in 100", "ttft_p99_ms"),
)


@frozen(kw_only=False)
class Figure:
    """One figure, in words."""

    name: str
    value: str
    interval: str
    """From low to high; ``exact`` where it is counted, empty where nobody says."""
    rests_on: str


def figures(layout: Layout) -> list[Figure]:
    """All figures of a layout that a reader may ask about."""
    found: list[Figure] = []
    if layout.memory:
        stage = tightest(layout.memory)
        found += _memory(stage)
        if layout.kv_cache:
            found += _room(layout.kv_cache, stage)
    if layout.performance:
        found += _speed(layout.performance)
    if layout.start_up:
        span = layout.start_up.interval
        text = _between(span, duration_text) if span else ""
        found.append(Figure("Start-up", duration_text(layout.start_up.seconds), text, _CONSTANTS))
    return [*found, *_cost(layout)]


def _memory(stage: Stage) -> Iterator[Figure]:
    """Of the stage with the least room."""
    for term in TERMS:
        span = stage.interval.get(term.key)
        exact = term.key == "weights_bytes"
        text = "exact" if exact else _between(span, gib_text) if span else ""
        rests_on = _COUNTED if exact else _CONSTANTS if span else "what is left"
        yield Figure(f"Memory: {term.label}", gib_text(getattr(stage, term.key)), text, rests_on)


def _room(kv: KvCache, stage: Stage) -> Iterator[Figure]:
    """Tokens and requests grow as the room does."""
    held = stage.kv_cache_bytes
    low, high = stage.interval.get("kv_cache_bytes", (held, held))
    shares = (low / held, high / held) if held > 0 else (1.0, 1.0)
    for name, value, write in (
        ("KV cache, tokens", float(kv.tokens), count_text),
        ("Requests at a time", kv.max_concurrency, _two_digits),
    ):
        span = (value * shares[0], value * shares[1])
        yield Figure(name, write(value), _between(span, write), _BY_ROOM)


def _speed(speed: Performance) -> Iterator[Figure]:
    rests_on = f"{speed.basis}, with the constants below"
    for name, key, form in _SPEED:
        value, span = getattr(speed, key), speed.interval.get(key)
        if value is not None:
            text = _between(span, form.format) if span else ""
            yield Figure(name, form.format(value), text, rests_on)
    for name, key in _LONGER:
        value = getattr(speed, key)
        if value is not None:
            yield Figure(name, f"{value:,.0f} ms", "", "follows from the middle of the first token")


def _cost(layout: Layout) -> Iterator[Figure]:
    cost, speed = layout.cost, layout.performance
    if cost is None:
        return
    rests_on = ", ".join(word for word in (cost.price_source, cost.price_date) if word)
    yield Figure("USD an hour", _two_digits(cost.usd_per_hour), "as priced", rests_on)
    per_token = cost.usd_per_million_output_tokens
    if per_token is None:
        return
    span = speed.interval.get("output_tokens_per_s") if speed else None
    middle = speed.output_tokens_per_s if speed else None
    text = ""
    if span and middle and span[0] > 0:
        text = _between((per_token * middle / span[1], per_token * middle / span[0]), _two_digits)
    yield Figure("USD a million tokens", _two_digits(per_token), text, "the price by the speed")


def _two_digits(value: float) -> str:
    return f"{value:,.2f}"


def _between(span: Span, write: Callable[[float], str]) -> str:
    return f"{write(span[0])} to {write(span[1])}"
