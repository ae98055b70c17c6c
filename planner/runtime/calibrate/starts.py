"""The starts that a file tells of: a log, results of ``planner measure``, a verified server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.runtime.calibrate.record import facts_of_record, is_record
from planner.runtime.measure.facts import SCHEMA
from planner.runtime.measure.results import read_results
from planner.vllm.log import LogFacts, Printed, read_lines, read_log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from planner.vllm.log import RankFacts

_BEGINNING_BYTES = 4096
#: what a worker knows to the byte, by the name of what its log rounds
_EXACT = {
    "total": "total_bytes",
    "free": "free_before_bytes",
    "requested": "requested_bytes",
    "weights": "weights_bytes",
    "kv_cache": "available_kv_cache_bytes",
    "activation": "peak_activation_bytes",
    "graphs_estimated": "cuda_graph_estimate_bytes",
}


def read_starts(path: Path) -> list[LogFacts]:
    """The facts of a log, of a server that was verified, or of every case that was measured.

    Raises:
        InvalidInputError: it cannot be read, or tells of no start of vLLM.
    """
    beginning = _beginning(path)
    if is_record(beginning):
        return [facts_of_record(path.read_text(encoding="utf-8", errors="replace"), str(path))]
    if not beginning.lstrip().startswith(f'{{"schema":"{SCHEMA}"'.encode()):
        return [read_log(path)]
    found = []
    for case in read_results(path):
        try:
            facts = read_lines(case.log, name=f"{path}: {case.name}")
        except InvalidInputError:
            # it ended before vLLM printed anything
            continue
        found.append(
            replace(
                facts,
                model=case.model,
                environment=case.case.get("environment", {}),
                ranks=_exact(facts.ranks, case.ranks),
            )
        )
    if not found:
        raise InvalidInputError(
            f"{path} holds no start of vLLM",
            cause="every case that it records ended before vLLM printed anything",
            fix="run planner measure again: it goes on where it was left",
        )
    return found


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BEGINNING_BYTES)
    except OSError:
        return b""


def _exact(
    ranks: Sequence[RankFacts], measured: Sequence[Mapping[str, Any]]
) -> tuple[RankFacts, ...]:
    """The ranks' printed sizes, to the byte where their workers told them."""
    if len(ranks) != len(measured):
        return tuple(ranks)
    in_order = sorted(measured, key=lambda each: (each.get("data_parallel_rank", 0), each["rank"]))
    return tuple(
        replace(rank, **_sizes(rank, known)) for rank, known in zip(ranks, in_order, strict=True)
    )


def _sizes(rank: RankFacts, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the worker knows of what was printed; a figure of another meaning is left as printed."""
    found = {}
    for name, key in _EXACT.items():
        old: Printed | None = getattr(rank, name)
        if old is not None and known.get(key) is not None:
            exact = Printed(size_bytes=known[key], step_bytes=1)
            if exact.agrees(old):
                found[name] = exact
    return found
