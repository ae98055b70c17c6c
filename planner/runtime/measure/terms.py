"""The figures of a measurement that people ask for: memory by term, times by point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.vllm.log import LogFacts, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from planner.runtime.measure.results import Measurement

#: what takes memory, by the log reader's name; of the KV cache the rank with least decides
_TAKEN = ("weights", "activation", "non_torch", "graphs")
#: terms of which the workers keep the bytes that their log rounds
_EXACT = {"weights": "weights_bytes", "kv_cache": "available_kv_cache_bytes"}
_MS = 1000
_TIMES = {"": "seconds", "p10_": "p10_s", "p90_": "p90_s"}


def terms(measured: Measurement) -> dict[str, Any]:
    """Memory of the rank that decides, in bytes, and tokens; None is not known.

    Weights and room for the KV cache are the workers' own figures, to the byte, where they told
    them; the other terms are read from the log.
    """
    facts = log_facts(measured)
    found: dict[str, Any] = {
        "case": measured.name,
        "outcome": measured.outcome.replace("_", " "),
        "gpus": len(measured.case.get("gpu_ids", ())) or None,
    }
    for term in _TAKEN:
        found[f"{term}_bytes"] = _of_ranks(measured, facts, term, max)
    found["kv_cache_bytes"] = _of_ranks(measured, facts, "kv_cache", min)
    found["kv_tokens"] = facts.kv_tokens if facts else None
    found["start_s"] = _rounded(measured.engine.get("start_up_s"))
    return found


def points(measured: Measurement) -> list[dict[str, Any]]:
    """The points that were timed, in milliseconds."""
    return [
        {
            "case": measured.name,
            "kind": point["kind"],
            "batch": point["batch"],
            "tokens": point.get("tokens", point.get("context_tokens")),
            **{f"{of}ms": round(point[key] * _MS, 3) for of, key in _TIMES.items()},
        }
        for point in measured.speed
        if "seconds" in point
    ]


def log_facts(measured: Measurement) -> LogFacts | None:
    """What its log says; None where vLLM wrote nothing into it."""
    try:
        return read_lines(measured.log, name=measured.name)
    except InvalidInputError:
        return None


def _of_ranks(
    measured: Measurement,
    facts: LogFacts | None,
    term: str,
    decides: Callable[[Iterable[int]], int],
) -> int | None:
    exact = [rank.get(_EXACT.get(term, "")) for rank in measured.ranks]
    told = [figure for figure in exact if figure is not None]
    if not told and facts is not None:
        printed = [getattr(rank, term) for rank in facts.ranks]
        told = [figure.size_bytes for figure in printed if figure is not None]
    return decides(told) if told else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
