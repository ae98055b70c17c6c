"""What a results file says, case by case: its facts put together, run by run."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.runtime.measure.facts import SCHEMA, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: of every fact, what says which it is
_IDENTITY = {"schema", "fact", "case", "run", "time"}
#: the ends of a run; one that has none was cut off
MEASURED, FAILED, TIMED_OUT, INTERRUPTED = "measured", "failed", "timed_out", "interrupted"


@frozen
class Measurement:
    """One run of one case. Sizes are bytes, times seconds; the keys are of docs/guide/measure.md.

    A mapping is empty, and a tuple too, where the run did not come so far.
    """

    key: str
    """Of the case: the same for a rerun."""
    run: str
    name: str
    model: str
    """As it was typed: an id or a path."""
    outcome: str
    """``measured``, ``failed``, ``timed_out`` or ``interrupted``."""
    case: Mapping[str, Any] = field(default_factory=dict)
    """Options, environment, GPUs: what was asked, and where."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """config.json as vLLM was given it."""
    software: Mapping[str, Any] = field(default_factory=dict)
    """Releases of vLLM, torch, CUDA."""
    engine: Mapping[str, Any] = field(default_factory=dict)
    """What vLLM settled, and how long the start took."""
    ranks: tuple[Mapping[str, Any], ...] = ()
    """Of each worker, the memory it knows of."""
    speed: tuple[Mapping[str, Any], ...] = ()
    """The points that were timed, and those that could not be."""
    log: tuple[str, ...] = ()
    """The lines of vLLM's log."""
    end: Mapping[str, Any] = field(default_factory=dict)
    """How the run ended: its code, its last lines, its error."""
    notes: tuple[str, ...] = ()


def read_results(path: Path) -> list[Measurement]:
    """The last word on every case, in the order in which the cases first came.

    Of several runs of a case the last that measured it counts, else the last.

    Raises:
        InvalidInputError: no such file, or no line of it is a fact.
    """
    best: dict[str, Measurement] = {}
    for run in runs(path):
        old = best.get(run.key)
        if old is None or run.outcome == MEASURED or old.outcome != MEASURED:
            best[run.key] = run
    return list(best.values())


def runs(path: Path) -> list[Measurement]:
    """Every run, in the order in which they were begun.

    Raises:
        InvalidInputError: as ``read_results``.
    """
    try:
        lines = list(read(path))
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from None
    facts = [fact for fact in lines if fact is not None]
    if lines and not facts:
        raise InvalidInputError(
            f"{path} holds no measurement",
            cause=f"none of its {len(lines)} lines is a fact of {SCHEMA}",
            fix="name a file that planner measure wrote",
        )
    models = [fact for fact in facts if fact.get("fact") == "model"]
    configs = {fact.get("config_sha256"): fact.get("config") for fact in models}
    by_run: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fact in facts:
        if fact.get("fact") != "model":
            by_run.setdefault((str(fact.get("case")), str(fact.get("run"))), []).append(fact)
    return [_measurement(*identity, found, configs) for identity, found in by_run.items()]


def _measurement(
    key: str, run: str, facts: list[dict[str, Any]], configs: Mapping[Any, Any]
) -> Measurement:
    case, software, engine, log, end = (
        _one(facts, kind) for kind in ("case", "software", "engine", "log", "end")
    )
    return Measurement(
        key=key,
        run=run,
        name=str(case.pop("name", key)),
        model=str(case.pop("model", "")),
        outcome=str(end.pop("outcome", INTERRUPTED)),
        case=case,
        config=configs.get(case.get("config_sha256")) or {},
        software=software,
        engine=engine,
        ranks=tuple(_all(facts, "rank")),
        speed=tuple(_all(facts, "speed")),
        log=tuple(log.get("lines", ())),
        end=end,
        notes=tuple(str(note.get("text", "")) for note in _all(facts, "note")),
    )


def _all(facts: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    found = (fact for fact in facts if fact.get("fact") == kind)
    return [{k: v for k, v in fact.items() if k not in _IDENTITY} for fact in found]


def _one(facts: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(iter(reversed(_all(facts, kind))), {})
