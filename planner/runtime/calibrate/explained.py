"""What explains that a start took more or less than predicted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.case.graphs import graph_plan
from planner.runtime.calibrate.figures import captured_plan, quantities
from planner.units import MIB, gib_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.case import Case
    from planner.runtime.calibrate.figures import Term
    from planner.vllm.log import LogFacts, Printed

#: weights that differ by more are of another model, number format or layout
WEIGHTS_TOLERANCE = 0.01
#: what torch's allocator makes of the weights depends on the order of loading by about this much
_ALLOCATOR_BYTES = 64 * MIB
#: the terms that follow from how many graphs are captured
GRAPHS = ("graphs", "graphs_estimated")
#: the terms that, with the room for the KV cache, make up vLLM's share
_OF_SHARE = {"weights", "activation", "non_torch", "graphs_estimated", "overheads"}


def weights_explained(term: Term) -> Term:
    """Weights are exact but for the allocator."""
    tolerance = WEIGHTS_TOLERANCE * term.actual
    if term.is_rounding:
        return replace(term, explained=term.difference, why="to the printed digit")
    if abs(term.difference) <= min(_ALLOCATOR_BYTES, tolerance):
        why = "within what the allocator's rounding leaves open"
        return replace(term, explained=term.difference, why=why)
    if abs(term.difference) <= tolerance:
        return replace(term, why="not explained")
    return replace(term, why="another model, number format or layout than the log's?")


def term_explained(term: Term, facts: LogFacts, case: Case) -> Term:
    """An uncertain term lies inside its interval, or not; graphs are as many as were captured."""
    plan = captured_plan(facts)
    if term.name in GRAPHS and plan is not None:
        planned, captured = int(graph_plan(case).sizes.max()), int(plan.sizes.max())
        if planned != captured:
            other = quantities(case, plan)[term.name]
            return replace(
                term,
                explained=int(other.mid[0, term.stage or 0]) - term.predicted,
                why=f"{captured} batch sizes were captured, not {planned}",
            )
    return replace(term, why=interval_words(term))


def interval_words(term: Term) -> str:
    """Where the actual figure lies."""
    ends = f"{gib_text(term.low, 2)} to {gib_text(term.high, 2)}"
    return f"inside the interval {ends}" if term.inside else f"beyond the interval {ends}"


def room_explained(term: Term, found: Sequence[Term], case: Case, share: Printed | None) -> Term:
    """The room follows from the other terms: their differences, and that of the share itself."""
    parts = [each for each in found if each.name in _OF_SHARE]
    explained = -sum(each.difference for each in parts)
    if share is not None:
        explained += share.size_bytes - case.budget.budget_bytes
    known = {each.name for each in parts}
    if not known & {"graphs_estimated", "overheads"}:
        # an estimate that was not printed was not taken off
        explained += int(case.budget.graphs.mid[0, term.stage or 0])
    if not known >= {"activation", "non_torch"} and "overheads" not in known:
        return term
    left = term.difference - explained
    exact = abs(left) <= term.step + sum(each.step for each in parts)
    why = "by the terms above" if exact else f"by the terms above but {gib_text(left, 2)}"
    return replace(term, explained=explained, why=why)
