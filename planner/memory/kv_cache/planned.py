"""The plans of a whole table of layouts: rows that split the cache alike share one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import PlannerError
from planner.frozen import frozen
from planner.layout import distinct_rows
from planner.memory.kv_cache.plan import KvCachePlan, plan_kv_cache
from planner.model.cache import Mla
from planner.model.indexer_cache import SparseIndexer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.layout import Layouts
    from planner.memory.kv_cache.settings import KvCacheSettings
    from planner.memory.stages import Stages
    from planner.model.cache import CacheSpec
    from planner.units import Bools, Ints


@frozen(slots=False)
class PlannedRows:
    """The plan of each row: ``plans[index[row]]``, or the error by which vLLM refuses it."""

    plans: tuple[KvCachePlan | PlannerError, ...]
    index: Ints

    def __len__(self) -> int:
        return len(self.index)

    def plan(self, row: int) -> KvCachePlan | PlannerError:
        """The plan of one row."""
        return self.plans[int(self.index[row])]

    @cached_property
    def refused(self) -> Bools:
        """Rows that vLLM refuses to plan."""
        refused = [isinstance(plan, PlannerError) for plan in self.plans]
        mask: Bools = np.array(refused, dtype=np.bool_)[self.index]
        return mask

    @cached_property
    def bytes_per_block(self) -> Ints:
        """Of a rank of each stage, 0 where there is none: Int64[rows, stages]."""
        sizes = [p.bytes_per_block if isinstance(p, KvCachePlan) else () for p in self.plans]
        table = np.zeros((len(sizes), max(map(len, sizes), default=0)), dtype=np.int64)
        for plan, size in enumerate(sizes):
            table[plan, : len(size)] = size
        rows: Ints = table[self.index]
        return rows

    @cached_property
    def block_size(self) -> Ints:
        """Tokens in a block, as vLLM prints it."""
        return self._figure(lambda plan: plan.block_size)

    @cached_property
    def max_model_len(self) -> Ints:
        """The longest request that was planned for, tokens."""
        return self._figure(lambda plan: plan.settings.max_model_len)

    @cached_property
    def blocks_per_request(self) -> Ints:
        """Blocks of such a request; 0 where no layer keeps anything."""
        return self._figure(lambda plan: int(plan.blocks_per_request()))

    def blocks_of(self, tokens: Ints) -> Ints:
        """Blocks of one request of each row's own length: Int64[rows]."""
        blocks = np.zeros(len(self.index), dtype=np.int64)
        for number, plan in enumerate(self.plans):
            if isinstance(plan, KvCachePlan):
                rows = np.flatnonzero(self.index == number)
                blocks[rows] = plan.blocks_per_request(tokens[rows])
        return blocks

    def _figure(self, figure: Callable[[KvCachePlan], int]) -> Ints:
        """A figure of each row's plan; 0 where it was refused."""
        found = [figure(plan) if isinstance(plan, KvCachePlan) else 0 for plan in self.plans]
        rows: Ints = np.array(found, dtype=np.int64)[self.index]
        return rows


def plan_rows(
    caches: Sequence[tuple[CacheSpec, ...]],
    settings: KvCacheSettings,
    layouts: Layouts,
    stages: Stages,
    *,
    drafter: Sequence[tuple[CacheSpec, ...]] = (),
) -> PlannedRows:
    """Plan each distinct (tensor parallel size, decode context parallel size, split) once.

    ``caches`` are those of each layer of the stack; ``drafter`` are layers that the last stage
    holds for speculation.
    """
    # every rank keeps the same latents: for a model without heads or states one size stands for all
    whole = all(isinstance(s, Mla | SparseIndexer) for layer in (*caches, *drafter) for s in layer)
    tp = np.ones_like(layouts.tp) if whole else layouts.tp
    columns = [tp, layouts.dcp, *stages.layers.T]
    first, index = distinct_rows(columns)
    plans: list[KvCachePlan | PlannerError] = []
    for row in first:
        split = stages.layers[row, : stages.pp[row]]
        try:
            plan: KvCachePlan | PlannerError = plan_kv_cache(
                _divide(caches, split, drafter),
                settings,
                tensor_parallel_size=int(tp[row]),
                decode_context_parallel_size=int(layouts.dcp[row]),
            )
        except PlannerError as error:
            plan = error
        plans.append(plan)
    return PlannedRows(plans=tuple(plans), index=index)


def _divide(
    caches: Sequence[tuple[CacheSpec, ...]],
    split: Ints,
    drafter: Sequence[tuple[CacheSpec, ...]],
) -> list[list[tuple[CacheSpec, ...]]]:
    ends = np.cumsum(split).tolist()
    starts = [0, *ends[:-1]]
    parts = [list(caches[start:end]) for start, end in zip(starts, ends, strict=True)]
    parts[-1] += drafter
    return parts
