"""What a start says of the constants: figures that, put in their place, make it come out right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from planner.calibration import FAR_WIDTHS, Observation, distance
from planner.case.term_constants import constants_key
from planner.constants import term as shipped_term
from planner.frozen import frozen
from planner.runtime.calibrate.explained import GRAPHS, WEIGHTS_TOLERANCE
from planner.runtime.calibrate.figures import captured_plan, quantities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.calibration import ConstantSource
    from planner.case import Case
    from planner.constants import Constant
    from planner.memory.cuda_graphs import CapturePlan
    from planner.memory.interval import Interval
    from planner.runtime.calibrate.figures import Term
    from planner.runtime.calibrate.logged_run import LoggedRun

#: which constants take up a difference of a term: those that add to it, not those of its shape
LEARNABLE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "activation": (("activation", "library_bytes"),),
    "non_torch": (
        ("non_torch", "inside_bytes"),
        ("non_torch", "inside_bytes_of_a_group"),
        ("non_torch", "fused_all_reduce_bytes"),
    ),
    "graphs_estimated": (
        ("cuda_graphs", "reserved_bytes"),
        ("cuda_graphs", "reserved_full_graph_bytes"),
    ),
    "graphs": (("cuda_graphs", "captured_bytes"),),
    "before": (("outside_budget", "context_bytes"), ("outside_budget", "communicator_bytes")),
}
_PARTS_OF_OVERHEADS = ("activation", "non_torch", "graphs_estimated")
#: a constant is moved by this share of its interval to see what that does
_NUDGE = 0.01


@frozen
class Lesson:
    """What a log teaches: observations, and why others are not taken."""

    observations: tuple[Observation, ...] = ()
    refused: tuple[str, ...] = ()


@frozen
class _Nudged:
    """The constants of another source with one of them moved."""

    source: ConstantSource
    constant: tuple[str, str]
    by: float

    def term(
        self, name: str, version: tuple[int, int], family: str, runner: str
    ) -> Mapping[str, Constant]:
        """As ``planner.constants.term``."""
        found = dict(self.source.term(name, version, family, runner))
        if name == self.constant[0]:
            old = found[self.constant[1]]
            found[self.constant[1]] = replace(
                old, low=old.low + self.by, mid=old.mid + self.by, high=old.high + self.by
            )
        return found


def lesson(run: LoggedRun, terms: Sequence[Term], *, date: str) -> Lesson:
    """What the difference of each term says of its constants, against the shipped ones.

    Nothing is learnt from a run with obstacles, or whose weights are not those predicted: then
    the model is another one. A figure far beyond every plausible one is refused.
    """
    if run.case is None:
        return Lesson()
    reasons = [*run.obstacles, *_wrong_weights(terms)]
    if reasons:
        return Lesson(refused=tuple(reasons))
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for key, value in _values(run, run.case, terms):
        values[key].append(value)
    taken, refused = [], []
    for (term, name), found in values.items():
        value = median(found)
        constant = shipped_term(term, *constants_key(run.case))[name]
        if distance(constant, value) > FAR_WIDTHS:
            refused.append(_implausible(constant, value))
        else:
            taken.append(_observation(run, run.case, (term, name), value, date))
    return Lesson(observations=tuple(taken), refused=tuple(refused))


def _wrong_weights(terms: Sequence[Term]) -> Iterator[str]:
    if not any(term.name == "weights" for term in terms):
        yield "it does not print its weights, by which its model is known to be the one predicted"
    for term in terms:
        off = abs(term.difference) - term.step
        if term.name == "weights" and off > WEIGHTS_TOLERANCE * term.actual:
            yield f"the weights differ by {term.difference / term.actual:+.1%}: another model?"


def _values(
    run: LoggedRun, case: Case, terms: Sequence[Term]
) -> Iterator[tuple[tuple[str, str], float]]:
    plan = captured_plan(run.facts)
    usual = quantities(case, plan)
    slopes = {key: _slopes(case, key, usual, plan) for keys in LEARNABLE.values() for key in keys}
    for term in terms:
        names = _PARTS_OF_OVERHEADS if term.name == "overheads" else (term.name,)
        keys = [key for name in names for key in LEARNABLE.get(name, ())]
        if keys and term.stage is not None:
            by_key = {
                key: sum(float(slopes[key][name][0, term.stage]) for name in names) for key in keys
            }
            yield from _shared(case, term, by_key)


def _slopes(
    case: Case, key: tuple[str, str], usual: Mapping[str, Interval], plan: CapturePlan | None
) -> dict[str, np.ndarray]:
    """How much each term grows with a constant: by name, Float64[rows, stages]."""
    constant = shipped_term(key[0], *constants_key(case))[key[1]]
    width = constant.high - constant.low
    if width <= 0:
        return {name: np.zeros(interval.shape) for name, interval in usual.items()}
    by = max(_NUDGE * width, 1.0)
    moved = replace(case, calibration=_Nudged(source=case.calibration, constant=key, by=by))
    return {
        name: (interval.mid - usual[name].mid) / by
        for name, interval in quantities(moved, plan).items()
    }


def _shared(
    case: Case, term: Term, slopes: Mapping[tuple[str, str], float]
) -> Iterator[tuple[tuple[str, str], float]]:
    """A difference is shared among its constants by how uncertain each is.

    The least-squares step: each takes slope x width squared. What printing alone may make of it
    is forgiven, so a start that comes out as predicted gives the shipped figures back.
    """
    # graphs of other sizes than planned are no matter of the constants
    planned = term.explained or 0 if term.name in GRAPHS else 0
    difference = term.difference - planned
    off = max(abs(difference) - term.step / 2, 0) * (1 if difference > 0 else -1)
    constants = {key: shipped_term(key[0], *constants_key(case))[key[1]] for key in slopes}
    pulls = {key: slopes[key] * _width(constants[key], off) ** 2 for key in slopes}
    strength = sum(pulls[key] * slopes[key] for key in slopes)
    if strength <= 0:
        return
    for key, pull in pulls.items():
        if pull > 0:
            yield key, constants[key].mid + off * pull / strength


def _width(constant: Constant, off: float) -> float:
    return constant.high - constant.mid if off > 0 else constant.mid - constant.low


def _observation(
    run: LoggedRun, case: Case, key: tuple[str, str], value: float, date: str
) -> Observation:
    version, family, runner = constants_key(case)
    return Observation(
        term=key[0],
        name=key[1],
        value=value,
        version=version,
        family=family,
        runner=runner,
        setup=setup(run, case),
        log=f"sha256:{run.facts.sha256[:16]}",
        file=run.facts.name.rsplit("/", 1)[-1],
        date=date,
    )


def setup(run: LoggedRun, case: Case) -> str:
    """Model, layout and batch in words: starts that share them repeat each other."""
    layouts, settings = case.layouts, case.settings
    sizes = (("TP", layouts.tp), ("PP", layouts.pp), ("DP", layouts.dp), ("DCP", layouts.dcp))
    words = [run.subject.source.id, case.group.accelerator.id]
    words += [f"{axis}{int(size[0])}" for axis, size in sizes if axis == "TP" or size[0] > 1]
    words += ["EP"] if layouts.ep[0] else []
    words += [f"{settings.max_num_batched_tokens} tokens", f"{settings.max_num_seqs} requests"]
    words += [case.quantization.method] if case.quantization.method != "none" else []
    words += ["eager"] if settings.enforce_eager else []
    return ", ".join(words)


def _implausible(constant: Constant, value: float) -> str:
    return (
        f"{constant.name} would be {value:,.0f} where {constant.low:,.0f} to {constant.high:,.0f} "
        f"{constant.unit} is usual"
    )
