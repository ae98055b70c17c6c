"""The caches of each pipeline stage's layers, neighbours that keep the same together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import count, groupby
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.memory.kv_cache.backends import LayerCache, layer_cache
from planner.memory.kv_cache.dtypes import kv_dtype
from planner.model.cache import CacheSpec, FullAttention, SlidingWindow
from planner.model.state_cache import StateCache

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from planner.memory.kv_cache.settings import KvCacheSettings

#: the caches of each layer of each pipeline stage
Stages = Sequence[Sequence[tuple[CacheSpec, ...]]]

_BOUNDARY_LAYERS = 2
"""layers at either end that TurboQuant leaves in the model's dtype"""


@frozen(kw_only=False)
class LayerRun:
    """Neighbouring layers of a stage that keep the same: how many, and the caches of each."""

    layers: int
    caches: tuple[LayerCache, ...]


def layer_runs(
    stages: Stages, specs: Collection[CacheSpec], settings: KvCacheSettings, *, dcp: bool
) -> list[list[LayerRun]]:
    """The caches of each stage, in layer order; ``specs`` are the distinct ones of all stages.

    Source: vllm.v1.worker.gpu.attn_utils.get_kv_cache_spec (0.33.0)

    Raises:
        NoBackendError: no attention backend serves a layer.
    """
    skip = skipped_layers(stages, specs, settings)
    describe = _describer(settings, dcp=dcp)
    index = count()
    numbered = ([(caches, str(next(index)) in skip) for caches in stage] for stage in stages)
    return [
        [
            LayerRun(len(list(layers)), tuple(describe(spec, skipped) for spec in caches))
            for (caches, skipped), layers in groupby(stage)
        ]
        for stage in numbered
    ]


def distinct_specs(stages: Stages) -> tuple[CacheSpec, ...]:
    """Every cache that differs from the others, in layer order."""
    # layers alike share a tuple, and hashing those of all layers takes most of a plan's time
    distinct = {id(caches): caches for stage in stages for caches in stage}
    return tuple(dict.fromkeys(spec for caches in distinct.values() for spec in caches))


def skipped_layers(
    stages: Stages, specs: Collection[CacheSpec], settings: KvCacheSettings
) -> frozenset[str]:
    """Layers that keep the model's dtype; TurboQuant adds both ends of a model without states.

    Source: vllm.model_executor.layers.quantization.turboquant.config.TurboQuantConfig
    .get_boundary_skip_layers, vllm.engine.arg_utils.EngineArgs.create_engine_config (0.33.0)
    """
    skip = set(settings.skip_layers)
    if kv_dtype(settings.kv_cache_dtype).turboquant and not is_hybrid(specs):
        layers = sum(map(len, stages))
        ends = min(_BOUNDARY_LAYERS, layers // 2)
        skip.update(str(i) for i in (*range(ends), *range(layers - ends, layers)))
    return frozenset(skip)


def is_hybrid(specs: Collection[CacheSpec]) -> bool:
    """Whether the model has both states and attention."""
    states = sum(isinstance(spec, StateCache) for spec in specs)
    return 0 < states < len(specs)


def _describer(settings: KvCacheSettings, *, dcp: bool) -> Callable[[CacheSpec, bool], LayerCache]:
    skips_windows = "sliding_window" in settings.skip_layers

    @cache
    def describe(spec: CacheSpec, skipped: bool) -> LayerCache:  # noqa: FBT001 - a cache's key
        skipped |= skips_windows and isinstance(spec, SlidingWindow)
        skipped |= isinstance(spec, FullAttention) and spec.model_dtype
        return layer_cache(spec, settings, dcp=dcp, skipped=skipped)

    return describe
