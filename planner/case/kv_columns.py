"""The KV cache of every row: blocks, requests and tokens.

Rows that share a tensor-parallel size and a division into stages share a plan, which is made
once; what depends on the memory left is columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.memory.interval import Interval
from planner.memory.kv_cache.plan import NULL_BLOCKS, KvCachePlan, plan_kv_cache
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.model.cache import CacheSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planner.case.table import Case
    from planner.units import Bools, Ints

NO_PLAN = -1
"""rows whose sizes vLLM refuses before it plans a cache"""
_NO_LIMIT = np.iinfo(np.int64).max // 2


@dataclass(frozen=True, kw_only=True)
class KvColumns:
    """The KV cache of a table's rows.

    Attributes:
        plans: the distinct plans; plan_of: each row's, or ``NO_PLAN``.
        dtype: the cache's number format.
        bytes_per_block: of one rank of each stage, Int64[rows, stages]; 0 where it keeps none.
        stage_room: what is left for the cache, Interval[rows, stages].
        max_model_len: the request that was asked for.
        kv_tokens: what "GPU KV cache size" counts in this version.
    """

    plans: tuple[KvCachePlan, ...]
    plan_of: Ints
    dtype: str
    bytes_per_block: Ints
    stage_room: Interval
    exists: Bools
    max_model_len: int
    kv_tokens: str

    def plan(self, row: int) -> KvCachePlan:
        """A row's plan."""
        return self.plans[int(self.plan_of[row])]

    @cached_property
    def tightest(self) -> Ints:
        """The stage with the fewest blocks: Int64[rows]."""
        return np.argmin(self._stage_blocks(self.stage_room.mid), axis=1)

    @cached_property
    def room(self) -> Interval:
        """What the tightest stage has left: Interval[rows]."""
        rows = np.arange(len(self.plan_of))
        ends = (self.stage_room.low, self.stage_room.mid, self.stage_room.high)
        return Interval.of(*(end[rows, self.tightest] for end in ends))

    @cached_property
    def num_blocks(self) -> Ints:
        """Blocks of the pool by the middle estimate, the fewest over stages; 0 at least."""
        return self._blocks(self.stage_room.mid)

    @cached_property
    def safe_blocks(self) -> Ints:
        """Blocks by the pessimistic estimate."""
        return self._blocks(self.stage_room.low)

    def blocks_per_request(self, tokens: Ints) -> Ints:
        """Blocks of one request of each row's length: Int64[rows]."""
        return self._by_plan(lambda plan, rows: plan.blocks_per_request(tokens[rows]))

    def request_bytes(self, tokens: Ints) -> Ints:
        """Bytes of one request, and of the null block, on the tightest stage."""
        rows = np.arange(len(self.plan_of))
        blocks = self.blocks_per_request(tokens) + NULL_BLOCKS
        return blocks * self.bytes_per_block[rows, self.tightest]

    def concurrency(self, tokens: Ints) -> npt.NDArray[np.float64]:
        """Requests of each row's length that the pool holds at once.

        Source: vllm.v1.core.kv_cache_utils.get_max_concurrency_for_kv_cache_config (0.33.0)
        """
        per_request = np.maximum(self.blocks_per_request(tokens), 1)
        return self.num_blocks / per_request

    def tokens(self, tokens: Ints) -> Ints:
        """What vLLM prints as ``GPU KV cache size`` for requests of each row's length.

        Source: vllm.v1.core.kv_cache_utils.get_kv_cache_capacity (0.33.0)
        """
        if self.kv_tokens == "blocks":
            size = self._by_plan(
                lambda plan, rows: np.full(len(rows), plan.block_size // max(len(plan.groups), 1))
            )
            return self.num_blocks * size
        return (self.concurrency(tokens) * tokens).astype(np.int64)

    @cached_property
    def longest(self) -> Ints:
        """The longest request that fits by the middle estimate; 0 where none does."""
        return self._longest(self.num_blocks)

    @cached_property
    def safe_len(self) -> Ints:
        """The longest request that fits by the pessimistic estimate; 0 where none does."""
        return self._longest(self.safe_blocks)

    @cached_property
    def full_request_is_safe(self) -> Bools:
        """Whether the asked request fits by the pessimistic estimate."""
        return self.safe_len >= self.max_model_len

    def _stage_blocks(self, room: Ints) -> Ints:
        blocks = room // np.maximum(self.bytes_per_block, 1)
        return np.where(self.exists & (self.bytes_per_block > 0), blocks, _NO_LIMIT)

    def _blocks(self, room: Ints) -> Ints:
        blocks = np.maximum(self._stage_blocks(room).min(axis=1), 0)
        return np.where(self.plan_of == NO_PLAN, 0, blocks)

    def _longest(self, blocks: Ints) -> Ints:
        """Bisect for the longest request of ``blocks`` blocks less the null block, as vLLM does.

        Source: vllm.v1.core.kv_cache_utils.estimate_max_model_len (0.33.0)
        """
        available = blocks - NULL_BLOCKS
        top = np.full(len(blocks), self.max_model_len, dtype=np.int64)
        low = np.zeros_like(top)
        full = self.blocks_per_request(top) <= available
        high = np.where(full | (available <= 0), 0, top)
        low = np.where(full, top, low)
        high = np.where(full, top, high)
        while np.any(low < high):
            middle = (low + high + 1) // 2
            fits = self.blocks_per_request(middle) <= available
            low, high = np.where(fits, middle, low), np.where(fits, high, middle - 1)
        return np.where(self.plan_of == NO_PLAN, 0, low)

    def _by_plan(self, figure: Callable[[KvCachePlan, Ints], object]) -> Ints:
        result = np.zeros(len(self.plan_of), dtype=np.int64)
        for number, plan in enumerate(self.plans):
            rows = np.flatnonzero(self.plan_of == number)
            result[rows] = np.asarray(figure(plan, rows), dtype=np.int64)
        return result


def kv_columns(case: Case) -> KvColumns:
    """Plan the cache of every row whose sizes divide the model."""
    settings = _settings(case)
    plans, plan_of = _plans(case, settings)
    per_block = np.zeros(case.stages.shape, dtype=np.int64)
    for number, plan in enumerate(plans):
        per_block[plan_of == number, : len(plan.bytes_per_block)] = plan.bytes_per_block
    return KvColumns(
        plans=plans,
        plan_of=plan_of,
        dtype=case.settings.dtype if settings.kv_cache_dtype == "auto" else settings.kv_cache_dtype,
        bytes_per_block=per_block,
        stage_room=case.budget.kv_cache,
        exists=case.stages.exists,
        max_model_len=case.settings.max_model_len,
        kv_tokens=case.version.kv_tokens,
    )


def _plans(case: Case, settings: KvCacheSettings) -> tuple[tuple[KvCachePlan, ...], Ints]:
    """The distinct plans, and each row's."""
    layouts = case.layouts
    key = np.column_stack([layouts.tp, layouts.dcp, case.stages.pp, case.stages.layers])
    distinct, which = np.unique(key, axis=0, return_inverse=True)
    valid = case.plannable
    caches = [layer.caches for layer in case.architecture.layers]
    plans: list[KvCachePlan] = []
    number_of = np.full(len(distinct), NO_PLAN, dtype=np.int64)
    for index in np.unique(which.reshape(-1)[valid]):
        tp, dcp, stages, *sizes = (int(size) for size in distinct[index])
        number_of[index] = len(plans)
        plans.append(
            plan_kv_cache(
                _divided(caches, sizes[:stages]),
                settings,
                tensor_parallel_size=tp,
                decode_context_parallel_size=dcp,
            )
        )
    return tuple(plans), np.where(valid, number_of[which.reshape(-1)], NO_PLAN)


def _divided(
    caches: list[tuple[CacheSpec, ...]], sizes: list[int]
) -> list[list[tuple[CacheSpec, ...]]]:
    stages, start = [], 0
    for size in sizes:
        stages.append(caches[start : start + size])
        start += size
    return stages


def _settings(case: Case) -> KvCacheSettings:
    settings = case.settings
    return KvCacheSettings(
        dtype=settings.dtype,
        kv_cache_dtype=settings.kv_cache_dtype,
        block_size=settings.block_size,
        max_model_len=settings.max_model_len,
        max_num_batched_tokens=settings.max_num_batched_tokens,
        prefix_caching=settings.prefix_caching,
        hybrid_manager=settings.hybrid_kv_cache,
        speculative_tokens=settings.speculative_tokens,
        capability=settings.capability,
    )
