"""The table of candidate layouts: one numpy column per parallel size.

rank = one GPU process, node = one host, replica = one vLLM engine,
layout = (tensor, pipeline, data, expert, decode-context) parallel sizes.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.units import Bools, Ints


@frozen(slots=False)
class Layouts:
    """Candidate layouts, one a row; all columns have the same length.

    A row is one vLLM deployment over one group of like nodes: ``tp * pp * dp`` ranks.
    """

    tp: Ints
    pp: Ints
    dp: Ints
    ep: Bools
    dcp: Ints

    def __len__(self) -> int:
        return len(self.tp)

    @classmethod
    def one(
        cls, tp: int = 1, pp: int = 1, dp: int = 1, dcp: int = 1, *, ep: bool = False
    ) -> Layouts:
        """A table of a single row."""
        sizes = {"tp": tp, "pp": pp, "dp": dp, "dcp": dcp}
        columns = {name: np.array([size], dtype=np.int64) for name, size in sizes.items()}
        return cls(ep=np.array([ep]), **columns)

    @cached_property
    def gpus(self) -> Ints:
        """GPUs a row uses."""
        return self.tp * self.pp * self.dp

    @cached_property
    def ep_size(self) -> Ints:
        """Ranks the experts are spread over: TP x DP with expert parallelism, else 1."""
        return np.where(self.ep, self.tp * self.dp, 1)

    @cached_property
    def moe_tp(self) -> Ints:
        """Ranks one expert's tensors are split over: TP x DP without expert parallelism, else 1."""
        return np.where(self.ep, 1, self.tp * self.dp)

    def take(self, rows: Ints | Bools) -> Layouts:
        """The rows of an index or a mask."""
        return Layouts(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def row(self, index: int) -> Layouts:
        """One row, as a table of one."""
        return self.take(np.array([index]))


_LARGEST_CODE = 2**62


def distinct_rows(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """The first row of each distinct combination, and the combination of each row.

    Columns of whole numbers from 0 on. Written out because ``numpy.unique`` imports the masked
    arrays, a tenth of the start-up.
    """
    code = np.zeros(len(columns[0]), dtype=np.int64)
    size = 1
    for column in columns:
        width = int(column.max(initial=0)) + 1
        if size * width >= _LARGEST_CODE:
            code = _number(code)[1]
            size = int(code.max(initial=0)) + 1
        code = code * width + column
        size *= width
    return _number(code)


def _number(code: Ints) -> tuple[Ints, Ints]:
    """The first row of each distinct code, and the codes' ranks."""
    order = np.argsort(code, kind="stable")
    ordered = code[order]
    is_new = np.ones(len(code), dtype=np.bool_)
    is_new[1:] = ordered[1:] != ordered[:-1]
    rank = np.empty(len(code), dtype=np.int64)
    rank[order] = np.cumsum(is_new) - 1
    return order[is_new].astype(np.int64), rank
