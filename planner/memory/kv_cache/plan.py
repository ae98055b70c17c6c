"""The KV cache of one layout, as vLLM plans it before it knows how much memory is left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen
from planner.memory.kv_cache.backends import attention_need
from planner.memory.kv_cache.block_size import Blocks, ModelFacts, stage_blocks
from planner.memory.kv_cache.groups import Group, Member, bytes_per_block, cache_groups
from planner.memory.kv_cache.layers import distinct_specs, is_hybrid, layer_runs, skipped_layers
from planner.memory.kv_cache.page import CacheKind, Page, blocks_of_request
from planner.memory.kv_cache.pages import stage_pages
from planner.memory.kv_cache.states import state_needs
from planner.model.cache import CacheSpec, CompressedLatent, FullAttention, Mla, SlidingWindow
from planner.model.state_cache import StateCache
from planner.units import IntLike, ceil_div
from planner.vllm.kv_cache_dtype import refuse_kv_cache_dtype

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from planner.memory.kv_cache.backends import LayerCache
    from planner.memory.kv_cache.layers import LayerRun, Stages
    from planner.memory.kv_cache.settings import KvCacheSettings

    #: the caches of each run of layers of a stage: stages of one such pattern settle alike
    Kinds = tuple[tuple[LayerCache, ...], ...]

NULL_BLOCKS = 1
"""blocks that vLLM's pool holds back (vllm.v1.core.block_pool.BlockPool, 0.33.0)"""


@frozen
class KvCacheGroup:
    """Layers that share a table of blocks.

    Attributes:
        kind: how they grow.
        page: the page of one of them, after pages were made equal.
        layers: layers of each pipeline stage.
    """

    kind: CacheKind
    page: Page
    layers: tuple[int, ...]

    @property
    def block_size(self) -> int:
        """Tokens in a block of this group."""
        return self.page.block_size


@frozen
class KvCachePlan:
    """What a block costs and holds.

    Attributes:
        block_size: tokens, as vLLM prints it: ``CacheConfig.block_size`` of the first stage.
        groups: in vLLM's order.
        bytes_per_block: of one rank of each stage.
        page_bytes: of each cache of each stage, in layer order, before pages are made equal.
        backends: attention backends, in layer order.
        settings: what was planned for.
        decode_context_parallel_size: ranks that share a full cache's tokens.
    """

    block_size: int
    groups: tuple[KvCacheGroup, ...]
    bytes_per_block: tuple[int, ...]
    page_bytes: tuple[tuple[int, ...], ...]
    backends: tuple[str, ...]
    settings: KvCacheSettings
    decode_context_parallel_size: int = 1

    @property
    def pipeline_parallel_size(self) -> int:
        """Stages."""
        return len(self.bytes_per_block)

    def blocks_per_group(self, tokens: IntLike | None = None) -> tuple[IntLike, ...]:
        """Blocks that a request takes of each group; one of ``max_model_len`` when none is given.

        Source: vllm.v1.core.kv_cache_utils.get_max_concurrency_for_kv_cache_config (0.33.0)
        """
        length = self.settings.max_model_len if tokens is None else tokens
        in_flight = self.settings.in_flight_tokens(self.pipeline_parallel_size)
        return tuple(
            blocks_of_request(
                group.page,
                length,
                in_flight_tokens=in_flight,
                decode_context_parallel_size=self.decode_context_parallel_size,
                encoder_tokens=self.settings.max_num_encoder_tokens,
            )
            for group in self.groups
        )

    def blocks_per_request(self, tokens: IntLike | None = None) -> IntLike:
        """Blocks that a request takes of the pool."""
        return sum(self.blocks_per_group(tokens))

    @property
    def bytes_per_token(self) -> int:
        """Bytes that one more token of a long request takes on the fullest rank, rounded up.

        Caches that stop growing (windows, chunks, states) count nothing; where all layers have
        windows, it is what a token takes while it is in them.
        """
        kept = [g for g in self.groups if g.kind.is_full]
        kept = kept or [g for g in self.groups if g.page.window is not None]
        widest = max(self.bytes_per_block, default=0)
        ranks = self.decode_context_parallel_size
        return sum(ceil_div(widest, group.block_size * ranks) for group in kept)


def plan_kv_cache(
    stages: Stages,
    settings: KvCacheSettings,
    *,
    tensor_parallel_size: int = 1,
    decode_context_parallel_size: int = 1,
) -> KvCachePlan:
    """Plan the cache of one replica: ``stages[i]`` lists the caches of stage i's layers.

    Source: vllm.v1.core.kv_cache_planning.get_global_kv_cache_groups and
    get_kv_cache_configs (0.33.0)
    Checked: block size, bytes per block and blocks per request of vLLM's own planning for
    6,000 layouts, to the byte.

    Raises:
        UsageError: vLLM refuses to plan it.
    """
    dcp = decode_context_parallel_size > 1
    specs = distinct_specs(stages)
    _refuse_dtype(specs, settings)
    runs = layer_runs(stages, specs, settings, dcp=dcp)
    facts = _facts(stages, specs, settings, tensor_parallel_size, dcp=dcp)
    kinds = [tuple(run.caches for run in stage) for stage in runs]
    settled: dict[Kinds, tuple[Blocks, list[tuple[Page, ...]]]] = {}
    for stage in dict.fromkeys(kinds):
        blocks = stage_blocks(stage, facts, settings, tensor_parallel_size)
        settled[stage] = blocks, stage_pages(stage, blocks, settings, tensor_parallel_size)
    pages = [settled[stage][1] for stage in kinds]
    members = _members(runs, pages, settings)
    groups = cache_groups(
        members, hybrid_manager=settings.hybrid_manager, group_padding=settings.group_padding
    )
    if dcp and any(group[0].page.kind.is_window for group in groups):
        raise UsageError(
            "decode context parallelism does not serve sliding windows",
            cause="vLLM asserts: DCP not support sliding window",
            fix="use --decode-context-parallel-size 1",
        )
    caches = (cache for stage in settled for layer in stage for cache in layer)
    return KvCachePlan(
        block_size=settled[kinds[0]][0].size,
        groups=tuple(_summary(group, len(stages)) for group in groups),
        bytes_per_block=bytes_per_block(groups, len(stages)),
        page_bytes=tuple(map(_page_bytes, runs, pages)),
        backends=tuple(dict.fromkeys(c.backend.name for c in caches if c.backend is not None)),
        settings=settings,
        decode_context_parallel_size=decode_context_parallel_size,
    )


def _refuse_dtype(specs: Collection[CacheSpec], settings: KvCacheSettings) -> None:
    latent = any(isinstance(spec, Mla | CompressedLatent) for spec in specs)
    refuse_kv_cache_dtype(
        settings.kv_cache_dtype, dtype=settings.dtype, mla=latent, fp8_scales=settings.fp8_scales
    )


def _facts(
    stages: Stages,
    specs: Collection[CacheSpec],
    settings: KvCacheSettings,
    tensor_parallel_size: int,
    *,
    dcp: bool,
) -> ModelFacts:
    """The model's head size and count are those of its widest attention."""
    full = [spec for spec in specs if isinstance(spec, FullAttention | Mla)]
    windows = [spec for spec in specs if isinstance(spec, SlidingWindow)]
    hybrid = is_hybrid(specs)
    states = [spec for spec in specs if isinstance(spec, StateCache)] if hybrid else []
    attention = max(full or windows, key=lambda spec: spec.head_size, default=None)
    asked = settings.kv_cache_dtype
    return ModelFacts(
        attention=attention,
        need=attention_need(attention, asked, settings, dcp=dcp) if attention else None,
        states=state_needs(states, settings, tensor_parallel_size),
        skips_layers=bool(skipped_layers(stages, specs, settings)),
    )


def _members(
    runs: Sequence[Sequence[LayerRun]],
    pages: Sequence[Sequence[tuple[Page, ...]]],
    settings: KvCacheSettings,
) -> list[Member]:
    """The pages of every run of layers, stage by stage."""
    return [
        Member(index, _retaining(page, settings), run.layers)
        for index, stage in enumerate(zip(runs, pages, strict=True))
        for run, held in zip(*stage, strict=True)
        for page in held
    ]


def _page_bytes(runs: Sequence[LayerRun], pages: Sequence[tuple[Page, ...]]) -> tuple[int, ...]:
    """Bytes of every page of one stage, in layer order."""
    sizes = ([page.page_bytes for page in held] for held in pages)
    return tuple(size for run, each in zip(runs, sizes, strict=True) for size in each * run.layers)


def _retaining(page: Page, settings: KvCacheSettings) -> Page:
    """Windows keep what a drafter of several modules reads again."""
    retained = max(0, settings.prefill_lookahead_tokens - 1)
    return replace(page, retained=retained) if retained and page.kind.is_window else page


def _summary(group: Group, stages: int) -> KvCacheGroup:
    counts = [0] * stages
    for member in group:
        counts[member.stage] += member.layers
    return KvCacheGroup(kind=group[0].page.kind, page=group[0].page, layers=tuple(counts))
