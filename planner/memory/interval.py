"""An uncertain size: low, mid and high columns that are carried through the arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.units import Bools, IntLike, Ints


class Measured(Protocol):
    """A calibrated constant, as far as a formula needs it."""

    @property
    def low(self) -> float:
        """About four runs in five lie between here and ``high``."""

    @property
    def mid(self) -> float:
        """The best guess."""

    @property
    def high(self) -> float:
        """See ``low``."""


#: a term's constants by name, looked up for one vLLM version, platform and model runner
Constants = Mapping[str, Measured]


@frozen
class Interval:
    """About four runs in five fall between ``low`` and ``high``; all three are bytes.

    The columns have one shape, Int64[rows] or Int64[rows, stages]. Adding two intervals adds
    their ends: the terms of one rank share their causes (batch, version, board), so they err
    together rather than cancel.
    """

    low: Ints
    mid: Ints
    high: Ints

    @classmethod
    def of(cls, low: IntLike, mid: IntLike, high: IntLike) -> Self:
        """Three numbers or columns, brought to one shape; none below the one before."""
        ends = [np.asarray(end, dtype=np.int64) for end in (low, mid, high)]
        if len({end.shape for end in ends}) > 1:
            ends = list(np.broadcast_arrays(*ends))
        lowest, middle, highest = ends
        middle = np.maximum(lowest, middle)
        return cls(low=np.array(lowest), mid=middle, high=np.maximum(middle, highest))

    @classmethod
    def exact(cls, size_bytes: IntLike) -> Self:
        """A size that is known."""
        size = np.asarray(size_bytes, dtype=np.int64)
        return cls(low=size, mid=size, high=size)

    @classmethod
    def product(cls, column: IntLike, measured: Measured) -> Self:
        """A column times a constant, each end rounded to whole bytes."""
        whole = np.asarray(column, dtype=np.int64)
        ends = (measured.low, measured.mid, measured.high)
        return cls.of(*(np.rint(whole * end).astype(np.int64) for end in ends))

    # what follows keeps the order of ordered ends, and one shape of one shape

    def __add__(self, other: Interval) -> Interval:
        return Interval(
            low=self.low + other.low, mid=self.mid + other.mid, high=self.high + other.high
        )

    def minus(self, other: Interval) -> Interval:
        """What is left, negative too; the least when this is low and the other high."""
        return Interval(
            low=self.low - other.high, mid=self.mid - other.mid, high=self.high - other.low
        )

    def times(self, factor: IntLike) -> Interval:
        """Each end multiplied by a whole number or a column, not negative."""
        return Interval(low=self.low * factor, mid=self.mid * factor, high=self.high * factor)

    def maximum(self, other: Interval) -> Interval:
        """The larger of two sizes that are never held at the same time."""
        return Interval(
            low=np.maximum(self.low, other.low),
            mid=np.maximum(self.mid, other.mid),
            high=np.maximum(self.high, other.high),
        )

    def where(self, mask: Bools, otherwise: Interval | None = None) -> Interval:
        """This size where the mask holds, and ``otherwise`` (nothing) where it does not."""
        other = otherwise or Interval.exact(0)
        return Interval(
            low=np.where(mask, self.low, other.low),
            mid=np.where(mask, self.mid, other.mid),
            high=np.where(mask, self.high, other.high),
        )

    def beyond(self, taken: Interval) -> Interval:
        """What is left of this size once ``taken`` was set aside for it, never negative.

        The least is left when the size is low and what was set aside is high: the ends cross.
        """
        return Interval(
            low=np.maximum(self.low - taken.high, 0),
            mid=np.maximum(self.mid - taken.mid, 0),
            high=np.maximum(self.high - taken.low, 0),
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, or rows and stages."""
        return self.mid.shape
