"""Figures that were measured beside those that are predicted, with the interval of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.units import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure of one measurement, in any unit.

    Attributes:
        source: who measured it; what: the figure.
        low, high: the 10th and 90th percentile of measured over predicted that an answer states.
    """

    source: str
    what: str
    measured: float
    predicted: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Percent; positive where too much is predicted."""
        return 100 * (self.predicted / self.measured - 1)

    @property
    def held(self) -> bool:
        """Whether the interval of the prediction holds what was measured."""
        return self.low <= self.measured / self.predicted <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How near predictions come, percent: absolute errors, their sign kept, what intervals hold."""

    points: int
    median: float
    mean: float
    signed: float
    held: float

    @classmethod
    def of(cls, found: Sequence[Compared]) -> Agreement:
        """Of some figures, each weighing the same."""
        errors: Floats = np.array([each.error for each in found])
        return cls(
            points=len(found),
            median=float(np.median(np.abs(errors))),
            mean=float(np.abs(errors).mean()),
            signed=float(np.median(errors)),
            held=float(100 * np.mean([each.held for each in found])),
        )

    @property
    def cells(self) -> list[str]:
        """For a table."""
        errors = (f"{self.median:.1f}", f"{self.mean:.1f}", f"{self.signed:+.1f}")
        return [str(self.points), *errors, f"{self.held:.0f}"]


CELLS = ["points", "median error %", "mean %", "with its sign, median %", "in interval %"]
