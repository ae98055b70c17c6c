"""Verify: what a running server says of itself, and what it does, against its plan."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.frozen import frozen
from planner.runtime.launch.client import NoAnswerError
from planner.runtime.launch.first_request import served_models
from planner.runtime.verify.load import measure
from planner.runtime.verify.metrics import CacheConfig, cache_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from planner.launch.base import Served
    from planner.plan import KvCache, Layout
    from planner.runtime.launch.client import Client
    from planner.runtime.verify.load import Figure, Load, Measured

Verdict = Literal["same", "within", "differs", "not planned", "not told"]
_MS = 1000


@frozen
class Row:
    """One thing that was planned, and what the server says or does."""

    name: str
    planned: str | float | None
    interval: tuple[float, float] | None
    """Of an uncertain figure."""
    actual: str | float | None
    unit: str
    verdict: Verdict


@frozen
class Verified:
    """A server against its plan."""

    url: str
    served: Served
    version: str | None
    """Of the server's vLLM."""
    models: Mapping[str, Mapping[str, Any]]
    """As the server lists them, by name."""
    cache: CacheConfig | None
    measured: Measured | None
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Something lies outside of what was planned."""
        return any(row.verdict == "differs" for row in self.rows)


def verify(client: Client, served: Served, load: Load | None) -> Verified:
    """Ask a server, and load it a little; without ``load`` only ask.

    Raises:
        NoAnswerError: it does not answer.
    """
    models = served_models(client)
    version = _version(client)
    cache = cache_config(_text(client, "/metrics"))
    name = served.served_name if served.served_name in models else next(iter(models), "")
    length = models.get(name, {}).get("max_model_len")
    measured = measure(client, name, _bounded(load, length)) if load and name else None
    rows = (
        *_model_rows(served, models, name),
        *_length_rows(served.layout, length),
        *_cache_rows(served.layout.kv_cache, served.layout, cache),
        *_speed_rows(served.layout, measured),
    )
    return Verified(
        url=client.url,
        served=served,
        version=version,
        models=models,
        cache=cache,
        measured=measured,
        rows=rows,
        notes=tuple(_notes(served, version, cache, measured)),
    )


def _version(client: Client) -> str | None:
    try:
        told = client.get("/version")
    except NoAnswerError:
        return None
    return str(told.get("version")) if isinstance(told, dict) else None


def _text(client: Client, path: str) -> str:
    """What a path answers; nothing where it is closed to us."""
    try:
        return client.text(path)
    except NoAnswerError:
        return ""


def _bounded(load: Load, length: object) -> Load:
    """The load within the longest request that the server takes."""
    if not isinstance(length, int):
        return load
    within = partial(_within_length, length=length)
    alike = within((load.input_tokens, load.output_tokens))
    return replace(
        load,
        input_tokens=alike[0],
        output_tokens=alike[1],
        lengths=tuple(map(within, load.lengths)),
    )


def _within_length(tokens: tuple[int, int], length: int) -> tuple[int, int]:
    output = max(1, min(tokens[1], length // 2))
    return max(1, min(tokens[0], length - output)), output


def _exact(name: str, planned: str | int, actual: object, unit: str = "") -> Row:
    told = actual if isinstance(actual, str | int) else None
    verdict: Verdict = "same" if planned == told else "differs"
    return Row(
        name=name,
        planned=planned,
        interval=None,
        actual=told,
        unit=unit,
        verdict="not told" if told is None else verdict,
    )


def _model_rows(
    served: Served, models: Mapping[str, Mapping[str, Any]], name: str
) -> Iterator[Row]:
    yield _exact("served name", served.served_name, name or None)
    root = models.get(name, {}).get("root")
    # a plan that was launched names its folder from the root on
    same = isinstance(root, str) and str(Path(root).absolute()) == served.model
    yield _exact("model", served.model, served.model if same else root)


def _length_rows(layout: Layout, length: object) -> Iterator[Row]:
    if layout.kv_cache is not None:
        yield _exact("max_model_len", layout.kv_cache.max_model_len, length, "tokens")


def _cache_rows(
    planned: KvCache | None, layout: Layout, cache: CacheConfig | None
) -> Iterator[Row]:
    """Blocks of the planned size; what holds fewer tokens a block counts for less."""
    if planned is None:
        return
    actual = None if cache is None else cache.num_blocks * cache.block_size / planned.block_size
    low, high = _blocks_interval(planned, layout)
    yield _within("KV cache", planned.num_blocks, (low, high), actual, "blocks")


def _blocks_interval(planned: KvCache, layout: Layout) -> tuple[float, float]:
    """The blocks of the tightest stage, in proportion to the ends of its room."""
    stages = layout.memory.stages if layout.memory else ()
    tightest = min(stages, key=lambda stage: stage.kv_cache_bytes, default=None)
    if tightest is None or tightest.kv_cache_bytes <= 0:
        return planned.num_blocks, planned.num_blocks
    room = tightest.kv_cache_bytes
    low, high = tightest.interval.get("kv_cache_bytes", (room, room))
    return planned.num_blocks * low // room, -(-planned.num_blocks * high // room)


def _speed_rows(layout: Layout, measured: Measured | None) -> Iterator[Row]:
    if measured is None:
        return
    planned = layout.performance
    if planned and (planned.concurrency, planned.request_rate) != (None, None):
        # a plan is for its own load: another one takes other times
        load = measured.load
        same = (
            planned.request_rate == load.request_rate
            if load.request_rate
            else round(planned.concurrency or 0) == load.concurrency
        )
        planned = planned if same else None
    figures: dict[str, Figure | None] = {"ttft_ms": measured.ttft, "tpot_ms": measured.tpot}
    for key, figure in figures.items():
        name = key.removesuffix("_ms").upper()
        actual = figure.median_s * _MS if figure else None
        figure_planned: float | None = getattr(planned, key) if planned else None
        interval = planned.interval.get(key) if planned else None
        yield _within(name, figure_planned, interval, actual, "ms")


def _within(
    name: str,
    planned: float | None,
    interval: tuple[float, float] | None,
    actual: float | None,
    unit: str,
) -> Row:
    low, high = interval or (planned, planned)
    verdict: Verdict = "not planned"
    if actual is None:
        verdict = "not told"
    elif planned is not None and low is not None and high is not None:
        verdict = "within" if low <= actual <= high else "differs"
    return Row(
        name=name, planned=planned, interval=interval, actual=actual, unit=unit, verdict=verdict
    )


def _notes(
    served: Served, version: str | None, cache: CacheConfig | None, measured: Measured | None
) -> Iterator[str]:
    if version and not f"{version}.".startswith(f"{served.vllm_version}."):
        yield f"the server is vLLM {version}, the plan is for {served.vllm_version}"
    if cache is None:
        yield "the server's metrics do not tell its KV cache"
    for reason in measured.failed if measured else ():
        yield f"a request failed: {reason}"
