"""What the planner and a log both say of a start: one figure each, with interval and step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.case.graphs import captured_graphs, graph_plan, reserved_graphs
from planner.frozen import frozen
from planner.memory.cuda_graphs import CapturePlan

if TYPE_CHECKING:
    from planner.case import Case
    from planner.memory.interval import Interval
    from planner.vllm.log import LogFacts

Unit = Literal["bytes", "tokens", "requests"]


@frozen
class Term:
    """One figure: the planner's, with its interval, and the log's.

    Attributes:
        stage: the pipeline stage, from 0; None for a figure of the whole engine.
        actual: of the stage's fullest rank; step: what the last printed digit counts.
        explained: how much of the difference a known cause accounts for, None where none does; why
            says which, or where the figure lies.
    """

    name: str
    stage: int | None
    unit: Unit
    low: float
    predicted: float
    high: float
    actual: float
    step: float
    explained: float | None = None
    why: str = ""

    @property
    def difference(self) -> float:
        """Actual less predicted."""
        return self.actual - self.predicted

    @property
    def is_rounding(self) -> bool:
        """Whether printing alone may make the difference."""
        return abs(self.difference) <= self.step / 2

    @property
    def inside(self) -> bool:
        """Whether the interval holds the actual figure, half a last digit forgiven."""
        return self.low - self.step / 2 <= self.actual <= self.high + self.step / 2


def quantities(case: Case, graphs: CapturePlan | None = None) -> dict[str, Interval]:
    """The uncertain terms of each stage, by the names of a rank's facts: Interval[rows, stages].

    ``graphs`` are those that were captured, where that is known.
    """
    budget = case.budget
    plan = graph_plan(case) if graphs is None else graphs
    return {
        "activation": budget.activation,
        "non_torch": budget.non_torch,
        "graphs_estimated": reserved_graphs(case, plan),
        "graphs": captured_graphs(case, plan),
        "before": budget.before,
    }


def captured_plan(facts: LogFacts) -> CapturePlan | None:
    """The graphs that a log says were captured."""
    if facts.captured is None:
        return None
    piecewise, full = np.array([facts.captured.piecewise]), np.array([facts.captured.full])
    return CapturePlan(piecewise=piecewise, full=full, largest=np.maximum(piecewise, full))
