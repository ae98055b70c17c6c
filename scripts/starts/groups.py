"""Public starts by what they have in common, and their memory terms; weighted by source."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.units import GIB
from scripts.memory.fit_terms import weighted_quantile
from scripts.starts.figures import PERCENT, by_source, log_figures, share, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.starts.figures import LogAnswer, LogFigures

#: a term, the column that holds what was printed, and the prediction's name of it
TERMS = {
    "activation": ("activation_gib", "activation"),
    "non-torch": ("non_torch_gib", "non_torch"),
    "KV cache": ("kv_cache_gib", "kv_cache"),
}
_PRINTED = 0.005 * GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class TermFigures:
    """One memory term over public starts; percent, weighted by source."""

    rows: int
    sources: int
    median_error: float
    in_interval: float


def grouped(answers: Sequence[LogAnswer], key: Callable[[LogAnswer], str]) -> dict[str, LogFigures]:
    """The figures of every group that has any, by name."""
    groups: dict[str, list[LogAnswer]] = defaultdict(list)
    for answer in answers:
        groups[key(answer)].append(answer)
    return {name: log_figures(groups[name]) for name in sorted(groups, key=_natural)}


def term_figures(answers: Sequence[LogAnswer], term: str) -> TermFigures | None:
    """How far a term is off, and how often its interval holds; None where nobody printed it."""
    column, name = TERMS[term]
    found = []
    for answer in answers:
        printed = answer.run.number(column)
        interval = answer.prediction.term(name)
        if printed and printed > 0 and interval is not None:
            measured = printed * GIB
            low, mid, high = (
                float(end[0, 0]) for end in (interval.low, interval.mid, interval.high)
            )
            held = low - _PRINTED <= measured <= high + _PRINTED
            found.append((answer, abs(mid - measured) / measured, held))
    if not found:
        return None
    rows = [answer for answer, _, _ in found]
    errors = [error for _, error, _ in found]
    return TermFigures(
        rows=len(rows),
        sources=sources(rows),
        median_error=PERCENT * weighted_quantile(errors, by_source(rows), 0.5),
        in_interval=share(rows, [held for _, _, held in found]),
    )


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    return tuple(
        (int(part), "") if part.isdigit() else (0, part.lower()) for part in text.split(".")
    )
