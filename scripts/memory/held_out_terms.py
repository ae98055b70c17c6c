"""How the memory terms do on sources that their constants were not fitted to.

The sources, in the order of their names, fall into two halves by turns. Each half is judged by
constants that are fitted anew to the other: the 10th, 50th and 90th percentile of what its runs
imply, every source with the same weight. A run is judged where the other half has runs that tell
the same constants. Formulas, and the constants that no run alone tells, stay.

Usage: ``python -m scripts.memory.held_out_terms``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from scripts.memory.fit_terms import Residual, residuals, source_weights, weighted_quantile
from scripts.memory.implied_constants import Implied, implied_constants
from scripts.memory.runs import TERMS, Run, read_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.constants import Constant

_SHARES = (0.1, 0.5, 0.9)
#: the file of constants that a term is made of
_FILES = {
    "activation": "activation",
    "non_torch": "non_torch",
    "captured graphs": "cuda_graphs",
    "reserved for graphs": "cuda_graphs",
    "beside the budget": "outside_budget",
}
#: file, name, and what it holds for
_Key = tuple[str, str, str]


def held_out(runs: Sequence[Run]) -> dict[str, tuple[list[Residual], list[Residual]]]:
    """By term: the runs that can be judged, as they are predicted now, and by the other half."""
    halves = [_half(runs, 0), _half(runs, 1)]
    found: dict[str, tuple[list[Residual], list[Residual]]] = {}
    for name in TERMS:
        now: list[Residual] = []
        then: list[Residual] = []
        for judged, others in (halves, halves[::-1]):
            fitted = refitted(others)
            known = [run for run in judged if _told(run, name, fitted)]
            now += residuals(known, name)
            then += residuals([_with(run, fitted) for run in known], name)
        found[name] = (now, then)
    return found


def refitted(runs: Sequence[Run]) -> dict[_Key, Constant]:
    """The constants as these runs alone would have them."""
    values: dict[_Key, list[float]] = defaultdict(list)
    sources: dict[_Key, list[str]] = defaultdict(list)
    present: dict[_Key, Constant] = {}
    for run in runs:
        for implied in implied_constants(run):
            key = _key(implied)
            values[key].append(implied.value)
            sources[key].append(run.source)
            present[key] = implied.now
    found = {}
    for key, now in present.items():
        weights = source_weights(sources[key])
        low, mid, high = (weighted_quantile(values[key], weights, share) for share in _SHARES)
        found[key] = replace(now, low=low, mid=mid, high=high)
    return found


def _half(runs: Sequence[Run], turn: int) -> list[Run]:
    names = sorted({run.source for run in runs})
    return [run for run in runs if names.index(run.source) % 2 == turn]


def _key(implied: Implied) -> _Key:
    return implied.file, implied.name, implied.scope


def _told(run: Run, name: str, fitted: dict[_Key, Constant]) -> bool:
    """Whether all that this run tells of the term was fitted without it."""
    keys = [_key(each) for each in implied_constants(run) if each.file == _FILES[name]]
    return bool(keys) and all(key in fitted for key in keys)


def _with(run: Run, fitted: dict[_Key, Constant]) -> Run:
    own = {_key(each) for each in implied_constants(run)}
    files: dict[str, dict[str, Constant]] = defaultdict(dict)
    for file, name, scope in own & fitted.keys():
        files[file][name] = fitted[file, name, scope]
    return replace(run, refitted=dict(files))


def main() -> None:
    """One line a term."""
    for name, (now, then) in held_out(read_runs()).items():
        for title, rows in (("now", now), ("held out", then)):
            errors = sorted(abs(row.error) for row in rows)
            held = sum(row.covered for row in rows)
            middle = f"{errors[len(errors) // 2]:.1%}" if errors else ""
            print(f"{name:22}{title:10}{len(rows):5} runs  median {middle:>7}  in interval {held}")


if __name__ == "__main__":
    main()
