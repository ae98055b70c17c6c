"""The KV cache of every row: blocks, requests and tokens, from what the budget leaves."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, get_args

import numpy as np

from planner.case.shards import stores_fp8
from planner.errors import PlannerError
from planner.frozen import frozen
from planner.memory.budget import certain_bytes
from planner.memory.interval import Interval
from planner.memory.kv_cache.capacity import longest_request, pool_blocks, printed_tokens
from planner.memory.kv_cache.plan import NULL_BLOCKS, KvCachePlan
from planner.memory.kv_cache.planned import PlannedRows, plan_rows
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.model.cache import ChunkedLocal
from planner.model.state_cache import StateCache
from planner.vllm.connectors import asked_connectors
from planner.vllm.kv_cache_dtype import resolve_kv_cache_dtype

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.case.grid import Grid
    from planner.units import Bools, Ints


@frozen(slots=False)
class KvColumns:
    """The KV cache of a table's rows.

    Attributes:
        planned: each row's plan, or vLLM's reason not to make one.
        plannable: rows whose sizes divide the model; the others have no figures.
        dtype: the cache's number format.
        stage_room: what is left for the cache, Interval[rows, stages].
        counts: what "GPU KV cache size" counts in this version.
    """

    planned: PlannedRows
    plannable: Bools
    dtype: str
    stage_room: Interval
    counts: str

    @cached_property
    def exists(self) -> Bools:
        """Rows with a plan."""
        return self.plannable & ~self.planned.refused

    def plan(self, row: int) -> KvCachePlan | None:
        """A row's plan; None where there is none."""
        plan = self.planned.plan(row)
        return plan if self.plannable[row] and isinstance(plan, KvCachePlan) else None

    def refusal(self, row: int) -> PlannerError | None:
        """Why vLLM makes no plan for a row whose sizes divide the model."""
        plan = self.planned.plan(row)
        return plan if self.plannable[row] and isinstance(plan, PlannerError) else None

    @cached_property
    def tightest(self) -> Ints:
        """The stage with the fewest blocks: Int64[rows]."""
        sizes, room = self.bytes_per_block, self.stage_room.mid
        blocks = np.where(sizes > 0, room // np.maximum(sizes, 1), np.iinfo(np.int64).max)
        tightest: Ints = np.argmin(blocks, axis=1)
        return tightest

    @cached_property
    def bytes_per_block(self) -> Ints:
        """Of a rank of each stage, 0 where it keeps nothing: Int64[rows, stages]."""
        sizes = np.zeros(self.stage_room.shape, dtype=np.int64)
        planned = self.planned.bytes_per_block
        sizes[:, : planned.shape[1]] = planned
        return sizes

    @cached_property
    def room(self) -> Interval:
        """What the tightest stage has left: Interval[rows]."""
        ends = (self.stage_room.low, self.stage_room.mid, self.stage_room.high)
        return Interval.of(*(self._at_tightest(end) for end in ends))

    @cached_property
    def num_blocks(self) -> Ints:
        """Blocks of the pool by the middle estimate, the fewest over stages; 0 at least."""
        return pool_blocks(self.planned, self.stage_room.mid)

    @cached_property
    def longest(self) -> Ints:
        """The longest request that fits by the middle estimate; 0 where none does."""
        return longest_request(self.planned, self.num_blocks - NULL_BLOCKS)

    @cached_property
    def safe_len(self) -> Ints:
        """The longest request that surely fits; 0 where none does."""
        blocks = pool_blocks(self.planned, certain_bytes(self.stage_room))
        return longest_request(self.planned, blocks - NULL_BLOCKS)

    def request_bytes(self, tokens: Ints) -> Ints:
        """Bytes of one request, and of the null block, on the tightest stage."""
        blocks = self.planned.blocks_of(tokens) + NULL_BLOCKS
        return blocks * self._at_tightest(self.bytes_per_block)

    def concurrency(self, tokens: Ints) -> npt.NDArray[np.float64]:
        """Requests of each row's length that the pool holds at once.

        Source: vllm.v1.core.kv_cache_utils.get_max_concurrency_for_kv_cache_config (0.33.0)
        """
        return self.num_blocks / np.maximum(self.planned.blocks_of(tokens), 1)

    def tokens(self, tokens: Ints) -> Ints:
        """What vLLM prints as ``GPU KV cache size`` for requests of each row's length."""
        concurrency = self.concurrency(tokens)
        return printed_tokens(self.planned, self.num_blocks, concurrency, tokens, self.counts)

    def _at_tightest(self, column: Ints) -> Ints:
        at: Ints = column[np.arange(len(column)), self.tightest]
        return at


def planned_rows(grid: Grid) -> PlannedRows:
    """Plan the cache of every row: blocks and pages, whatever room there is."""
    valid, layouts = grid.plannable, grid.layouts
    divisible = replace(
        layouts, tp=np.where(valid, layouts.tp, 1), dcp=np.where(valid, layouts.dcp, 1)
    )
    return plan_rows(
        [layer.caches for layer in grid.architecture.layers],
        kv_settings(grid),
        divisible,
        grid.stages,
        drafter=[layer.caches for layer in grid.drafter.layers],
    )


def kv_columns(grid: Grid, planned: PlannedRows, room: Interval) -> KvColumns:
    """The cache of every row; ``room`` is what the budget leaves, Interval[rows, stages]."""
    settings = kv_settings(grid)
    dtype = settings.kv_cache_dtype
    return KvColumns(
        planned=planned,
        plannable=grid.plannable,
        dtype=settings.dtype if dtype == "auto" else dtype,
        stage_room=room,
        counts=grid.version.kv_tokens,
    )


def kv_settings(grid: Grid) -> KvCacheSettings:
    """What the user and vLLM settle about the cache."""
    settings = grid.settings
    return KvCacheSettings(
        dtype=settings.dtype,
        kv_cache_dtype=kv_cache_dtype(grid),
        skip_layers=grid.arguments.kv_cache_dtype_skip_layers or (),
        fp8_scales=stores_fp8(grid) or grid.quantization.kv_cache_dtype.startswith("fp8"),
        block_size=settings.block_size,
        max_model_len=settings.max_model_len,
        max_num_batched_tokens=settings.max_num_batched_tokens,
        max_num_encoder_tokens=settings.max_num_batched_tokens,
        prefix_caching=_prefix_caching(grid),
        hybrid_manager=settings.hybrid_kv_cache and not _booked_as_full(grid),
        group_padding=grid.version.group_padding,
        latent_alignment=grid.version.latent_alignment,
        async_scheduling=grid.arguments.async_scheduling is not False,
        runner_v2=grid.runner_v2,
        in_flight=grid.version.in_flight,
        speculative_tokens=settings.speculative_tokens,
        mamba_cache_dtype=grid.arguments.mamba_cache_dtype or "auto",
        mamba_ssm_cache_dtype=grid.arguments.mamba_ssm_cache_dtype or "auto",
        capability=settings.capability,
        flashinfer=settings.flashinfer,
    )


def kv_cache_dtype(grid: Grid) -> str:
    """What ``auto`` stands for: the format the checkpoint names, or the board's."""
    asked = grid.settings.kv_cache_dtype
    return resolve_kv_cache_dtype(
        grid.quantization.kv_cache_dtype if asked == "auto" else asked,
        architecture=grid.architecture.name,
        capability=grid.settings.capability,
    )


def _prefix_caching(grid: Grid) -> bool:
    """As asked; else vLLM's own choice, which leaves out models that keep nothing but states.

    Before 0.28 models with some states were left out too.
    Source: vllm.config.model.ModelConfig.is_prefix_caching_supported (0.25.0, 0.33.0),
    vllm.engine.arg_utils.EngineArgs._set_default_chunked_prefill_and_prefix_caching_args (0.28.0)
    """
    if grid.arguments.enable_prefix_caching is not None:
        return grid.arguments.enable_prefix_caching
    caches = {type(cache) for layer in grid.architecture.kinds for cache in layer.caches}
    states = {kind for kind in caches if issubclass(kind, get_args(StateCache))}
    if not grid.version.hybrid_prefix_caching:
        return not states
    return not states or (states != caches and not grid.architecture.pooling)


def _booked_as_full(grid: Grid) -> bool:
    """Whether a model's chunks, or a connector, make vLLM book all layers as full attention.

    A connector that vLLM does not bring is taken to know nothing of groups, as most do not. Who
    asks for groups by ``--no-disable-hybrid-kv-cache-manager`` has them.
    Source: vllm.config.vllm.VllmConfig.__post_init__ (0.13.0, 0.14.1, 0.21.0, 0.22.1, 0.33.0),
    vllm.distributed.kv_transfer.kv_connector.v1.base.supports_hma (0.26.0, 0.33.0)
    """
    connectors = set(asked_connectors(grid.arguments))
    left_to_vllm = grid.arguments.disable_hybrid_kv_cache_manager is None
    ignorant = not connectors <= set(grid.version.connectors_of_groups)
    # states cannot be booked so, and fail; releases that ask no connector were not read for them
    fails = bool(grid.version.connectors_of_groups)
    if left_to_vllm and ignorant and (fails or not grid.has_states):
        return True
    caches = (cache for layer in grid.architecture.kinds for cache in layer.caches)
    chunked = any(isinstance(cache, ChunkedLocal) for cache in caches)
    return chunked and grid.version.chunked_local == "full"
