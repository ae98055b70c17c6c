"""How a linear layer is divided: by outputs or inputs, in whole units."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from planner.frozen import frozen
from planner.units import IntLike, ceil_div


class Split(StrEnum):
    """How tensor parallelism divides a linear layer."""

    COLUMN = "column"
    """output features are divided"""
    ROW = "row"
    """input features are divided"""
    REPLICATED = "replicated"
    """every rank holds the whole"""


@frozen(kw_only=False)
class Part:
    """One matrix of a merged linear layer: ``units`` (heads, or features) of ``width`` rows.

    Units are divided over the ranks; ``replicate`` lets several ranks share one unit when
    there are fewer units than ranks (key and value heads).
    """

    units: int
    width: int = 1
    replicate: bool = False
    copied: bool = False
    """a single unit is copied to every rank, several must divide (state groups of Mamba 2)"""

    def on_rank(self, tp: IntLike, *, padded: bool = False) -> IntLike:
        """Rows of one rank; ``padded`` where the last ranks' units are padding."""
        if self.copied or padded:
            return ceil_div(self.units, tp) * self.width
        if self.replicate:
            return np.maximum(self.units // tp, 1) * self.width
        return self.units // tp * self.width

    def divides(self, tp: IntLike) -> IntLike:
        """Whether vLLM can give each rank its units."""
        even = self.units % tp == 0
        if self.copied:
            return even | (self.units == 1)
        return (even | (tp % self.units == 0)) if self.replicate else even

    @property
    def rows(self) -> int:
        """Rows before the split."""
        return self.units * self.width
