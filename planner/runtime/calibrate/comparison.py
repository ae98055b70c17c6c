"""Predicted against actual, term by term."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.memory.budget import requested_bytes
from planner.memory.interval import Interval
from planner.runtime.calibrate.explained import (
    interval_words,
    room_explained,
    term_explained,
    weights_explained,
)
from planner.runtime.calibrate.figures import Term, quantities
from planner.vllm.log import Printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.case import Case
    from planner.runtime.calibrate.logged_run import LoggedRun
    from planner.vllm.log import LogFacts, RankFacts

#: two digits behind the point are printed of a concurrency
_CONCURRENCY_STEP = 0.01


def compare(run: LoggedRun) -> tuple[Term, ...]:
    """Every figure that both the log and the planner have."""
    if run.case is None:
        return ()
    case = run.case
    terms: list[Term] = []
    for stage, ranks in ranks_by_stage(run.facts, case).items():
        terms += _of_stage(run, case, stage, ranks)
    if not run.weights_only:
        terms += _of_engine(run.facts, case, terms)
    return tuple(terms)


def ranks_by_stage(facts: LogFacts, case: Case) -> dict[int, list[RankFacts]]:
    """The ranks of each pipeline stage; where a log does not tell the stage, it is left out."""
    count = int(case.layouts.pp[0])
    stages: dict[int, list[RankFacts]] = defaultdict(list)
    for rank in facts.ranks:
        stage = 0 if count == 1 else rank.pp_rank
        if stage is not None and stage < count:
            stages[stage].append(rank)
    return dict(sorted(stages.items()))


def worst(ranks: Sequence[RankFacts], name: str) -> Printed | None:
    """A figure of the stage's fullest rank: the largest, but the least room."""
    found = [each for rank in ranks if (each := _figure(rank, name)) is not None]
    choose = min if name == "kv_cache" else max
    return choose(found, key=lambda each: each.size_bytes) if found else None


def _figure(rank: RankFacts, name: str) -> Printed | None:
    if name != "before":
        figure: Printed | None = getattr(rank, name)
        return figure
    if rank.total is None or rank.free is None:
        return None
    return Printed(
        size_bytes=rank.total.size_bytes - rank.free.size_bytes,
        step_bytes=rank.total.step_bytes + rank.free.step_bytes,
    )


def _of_stage(run: LoggedRun, case: Case, stage: int, ranks: Sequence[RankFacts]) -> list[Term]:
    weights = worst(ranks, "weights")
    exact = Interval.exact(case.budget.weights_bytes)
    found = [weights_explained(_term("weights", stage, exact, weights))] if weights else []
    if run.weights_only:
        return found
    for name, interval in quantities(case).items():
        printed = worst(ranks, name)
        if printed is not None:
            found.append(term_explained(_term(name, stage, interval, printed), run.facts, case))
    if not {"activation", "non_torch"} & {term.name for term in found}:
        found += _overheads(case, stage, ranks)
    room = worst(ranks, "kv_cache")
    if room is not None:
        term = _term("kv_cache", stage, case.budget.kv_cache, room)
        found.append(room_explained(term, found, case, worst(ranks, "requested")))
    return found


def _term(name: str, stage: int, interval: Interval, printed: Printed) -> Term:
    return Term(
        name=name,
        stage=stage,
        unit="bytes",
        low=int(interval.low[0, stage]),
        predicted=int(interval.mid[0, stage]),
        high=int(interval.high[0, stage]),
        actual=printed.size_bytes,
        step=printed.step_bytes,
    )


def _overheads(case: Case, stage: int, ranks: Sequence[RankFacts]) -> Iterator[Term]:
    """What share, weights and room leave, where the log does not print its parts."""
    weights, room = worst(ranks, "weights"), worst(ranks, "kv_cache")
    if weights is None or room is None or case.arguments.kv_cache_memory_bytes is not None:
        return
    share = worst(ranks, "requested") or _share(case)
    actual = Printed(
        size_bytes=share.size_bytes - weights.size_bytes - room.size_bytes,
        step_bytes=share.step_bytes + weights.step_bytes + room.step_bytes,
    )
    whole = case.budget.activation + case.budget.non_torch + case.budget.graphs
    term = _term("overheads", stage, whole, actual)
    yield replace(term, why=interval_words(term))


def _share(case: Case) -> Printed:
    """The budget where it is not printed; boards of a kind differ in their totals."""
    board, share = case.group.accelerator, case.settings.gpu_memory_utilization
    spread = (board.memory_bytes_high or board.memory_bytes_low) - board.memory_bytes_low
    return Printed(
        size_bytes=requested_bytes(board.memory_bytes, share), step_bytes=round(2 * spread * share)
    )


def _of_engine(facts: LogFacts, case: Case, terms: Sequence[Term]) -> Iterator[Term]:
    """Tokens and requests that the cache holds."""
    if not case.kv.exists[0]:
        return
    lengths = case.max_model_len
    if facts.kv_tokens is not None:
        tokens = float(case.kv.tokens(lengths)[0])
        yield _follows(_engine_term("kv_tokens", tokens, facts.kv_tokens), terms)
    if facts.max_concurrency is not None and facts.concurrency_tokens == int(lengths[0]):
        requests = float(case.kv.concurrency(lengths)[0])
        yield _follows(_engine_term("max_concurrency", requests, facts.max_concurrency), terms)


def _engine_term(name: str, predicted: float, actual: float) -> Term:
    counts = name == "kv_tokens"
    return Term(
        name=name,
        stage=None,
        unit="tokens" if counts else "requests",
        low=predicted,
        predicted=predicted,
        high=predicted,
        actual=actual,
        step=1 if counts else _CONCURRENCY_STEP,
    )


def _follows(term: Term, terms: Sequence[Term]) -> Term:
    """What the cache holds is in proportion to the tightest stage's room."""
    rooms = [each for each in terms if each.name == "kv_cache" and each.predicted > 0]
    if not rooms:
        return term
    tightest = min(rooms, key=lambda each: each.actual)
    ratio = tightest.actual / tightest.predicted
    return replace(term, explained=term.predicted * (ratio - 1), why="by the room above")
