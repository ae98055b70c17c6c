"""The table of layouts with its memory and KV cache: what rules, ranking and answers read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.case.budget import grid_budget
from planner.case.engine import engine_of, work_of
from planner.case.grid import Grid
from planner.case.kv_columns import KvColumns, kv_columns, planned_rows
from planner.case.server import server_of
from planner.case.shards import misfits, stores_fp8
from planner.frozen import frozen
from planner.memory.budget import CERTAIN, certain_limit_bytes, probability_positive
from planner.memory.interval import Interval

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.memory.budget import Budget
    from planner.memory.kv_cache.planned import PlannedRows
    from planner.quant.base import Misfit
    from planner.speed.pace import Server
    from planner.speed.step import Engine
    from planner.speed.work import Work
    from planner.units import Bools, Ints


@frozen(slots=False)
class Case(Grid):
    """A grid, and what its layouts take and hold."""

    @cached_property
    def engine(self) -> Engine:
        """What each row's kernels and links reach."""
        return engine_of(self)

    @cached_property
    def work(self) -> Work:
        """What a step of each row computes, reads and sends."""
        return work_of(self)

    @cached_property
    def server(self) -> Server:
        """The engine of each row under the case's kind of requests."""
        return server_of(self, self.engine, self.work, self.kv)

    @cached_property
    def what_ifs(self) -> dict[str, Case]:
        """The same table with one thing different, as rules of advice made it."""
        return {}

    @cached_property
    def misfits(self) -> tuple[Misfit, ...]:
        """Where shards of quantized weights break the format."""
        return misfits(self)

    @cached_property
    def stores_fp8(self) -> bool:
        """Whether some weights are fp8."""
        return stores_fp8(self)

    @cached_property
    def budget(self) -> Budget:
        """The memory of each stage's fullest rank."""
        return grid_budget(self, self.planned)

    @cached_property
    def planned(self) -> PlannedRows:
        """How each row's KV cache is laid out, whatever room there is."""
        return planned_rows(self)

    @cached_property
    def kv(self) -> KvColumns:
        """Blocks, requests and tokens of the KV cache."""
        return kv_columns(self, self.planned, self.budget.kv_cache)

    @cached_property
    def tightest_stage(self) -> Ints:
        """The stage that holds the fewest KV blocks."""
        return self.kv.tightest

    @cached_property
    def kv_cache_bytes(self) -> Interval:
        """Room for the KV cache on the tightest stage: Interval[rows]."""
        return self.kv.room

    @cached_property
    def max_model_len(self) -> Ints:
        """The longest request each row serves: as asked, the model's own, or cut to what fits.

        Cut to what surely fits; where nothing does, to what the middle estimate holds, and the
        verdict says how uncertain that is.
        """
        asked = np.full(len(self.layouts), self.settings.max_model_len, dtype=np.int64)
        may_cut = self.settings.model_len_auto or (
            self.shorten and not self.settings.model_len_asked
        )
        if not may_cut:
            return asked
        safe = self.kv.safe_len
        return np.minimum(asked, np.where(safe > 0, safe, self.kv.longest))

    @cached_property
    def serves_full_length(self) -> Bools:
        """Whether a row serves the asked context, or the model's own, uncut."""
        return self.max_model_len >= self.settings.max_model_len

    @cached_property
    def longest(self) -> Ints:
        """The longest request that fits by the middle estimate; 0 where none does."""
        return self.kv.longest

    @cached_property
    def request_bytes(self) -> Ints:
        """Bytes of one request of ``max_model_len`` and the null block, on the tightest stage."""
        return self.kv.request_bytes(self.max_model_len)

    @cached_property
    def request_fits(self) -> Bools:
        """Whether one request fits by the middle estimate."""
        return (self.max_model_len > 0) & (self.request_bytes <= self.kv_cache_bytes.mid)

    @cached_property
    def margin(self) -> Interval:
        """KV room beyond one request on the tightest stage; negative when short."""
        needed, room = self.request_bytes, self.kv_cache_bytes
        return Interval.of(room.low - needed, room.mid - needed, room.high - needed)

    @cached_property
    def budget_probability(self) -> npt.NDArray[np.float64]:
        """Chance that weights, overheads and one request go into vLLM's share."""
        chance = probability_positive(self.margin.low, self.margin.mid, self.margin.high)
        return np.where(self.max_model_len > 0, chance, 0.0)

    @cached_property
    def beside_probability(self) -> npt.NDArray[np.float64]:
        """Chance that all beside vLLM's share goes into the rest of the GPU, on every stage."""
        spare = self.budget.spare
        chance = probability_positive(spare.low, spare.mid, spare.high)
        return np.asarray(np.where(self.stages.exists, chance, 1.0).min(axis=1))

    @cached_property
    def safe_share(self) -> npt.NDArray[np.float64]:
        """The largest share, in hundredths, that surely leaves room for all beside it."""
        beside = certain_limit_bytes(self.budget.outside)
        most = np.where(self.stages.exists, beside, 0).max(axis=1)
        share = np.floor(100 * (1 - most / self.budget.memory_bytes)) / 100
        return np.asarray(np.maximum(share, 0.01))

    @cached_property
    def fit_probability(self) -> npt.NDArray[np.float64]:
        """Chance of the tighter of the two: the terms of one GPU err together."""
        return np.minimum(self.budget_probability, self.beside_probability)

    @cached_property
    def fits(self) -> Bools:
        """Rows that surely fit."""
        return self.fit_probability >= CERTAIN

    @cached_property
    def may_fit(self) -> Bools:
        """Rows that do not surely fail."""
        return self.fit_probability > 1 - CERTAIN

    @cached_property
    def beside_decides(self) -> Bools:
        """Rows that are limited by what lies beside vLLM's share rather than by the share."""
        return self.beside_probability < self.budget_probability
