"""The golden layouts of ``tests/data/kv_cache``, as the planner's own types."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.memory.kv_cache.plan import KvCachePlan, plan_kv_cache
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.model import cache, indexer_cache, state_cache

if TYPE_CHECKING:
    from planner.model.cache import CacheSpec

_FOLDER = Path(__file__).parent.parent / "data" / "kv_cache"


@dataclass(frozen=True, slots=True)
class Golden:
    """One row: what was asked, and vLLM's answer by key."""

    stages: tuple[tuple[tuple[CacheSpec, ...], ...], ...]
    settings: KvCacheSettings
    tp: int
    dcp: int
    row: dict[str, Any]

    def plan(self) -> KvCachePlan:
        """The planner's answer."""
        return plan_kv_cache(
            self.stages,
            self.settings,
            tensor_parallel_size=self.tp,
            decode_context_parallel_size=self.dcp,
        )

    @property
    def name(self) -> str:
        """What tells it from the others."""
        options = {k: v for k, v in self.row["settings"].items() if k in _TELLING}
        sizes = f"tp{self.tp} pp{len(self.stages)} dcp{self.dcp}"
        return " ".join([self.row["model"], sizes, *(f"{k}={v}" for k, v in options.items())])


_TELLING = ("capability", "kv_cache_dtype", "block_size", "skip_layers", "prefix_caching")


def read_golden(name: str) -> list[Golden]:
    """The rows of one file."""
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [_golden(json.loads(line)) for line in lines]


def _golden(row: dict[str, Any]) -> Golden:
    kinds = [tuple(_spec(*spec) for spec in layer) for layer in row["kinds"]]
    options = dict(row["settings"])
    options["skip_layers"] = tuple(options.get("skip_layers", ()))
    stages = tuple(tuple(_layers(stage, kinds)) for stage in row["stages"])
    return Golden(stages, KvCacheSettings(**options), row["tp"], row["dcp"], row)


def _spec(name: str, fields: dict[str, Any]) -> CacheSpec:
    kind = next(vars(m)[name] for m in (cache, indexer_cache, state_cache) if name in vars(m))
    spec: CacheSpec = kind(**fields)
    return spec


def _layers(stage: str, kinds: list[tuple[CacheSpec, ...]]) -> list[tuple[CacheSpec, ...]]:
    layers: list[tuple[CacheSpec, ...]] = []
    for run in stage.split():
        symbol, _, times = run.partition("*")
        layer = () if symbol == "." else kinds[int(symbol, 36)]
        layers += [layer] * int(times or 1)
    return layers
