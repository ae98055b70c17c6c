"""The figures of a deployment by name, and which of them are others now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.difference.document import Figure, Unit, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.plan import JudgedTarget, Layout, Memory

Row = tuple[Unit, Value]


def moved(old: Mapping[str, Row], new: Mapping[str, Row]) -> Iterator[Figure]:
    """The figures that differ, in their order."""
    for name in dict.fromkeys((*old, *new)):
        (unit, was), (same_unit, now) = (
            old.get(name, ("text", None)),
            new.get(name, ("text", None)),
        )
        if was != now:
            kept = unit if was is not None else same_unit
            yield Figure.model_construct(name=name, unit=kept, old=was, new=now)


def options(layout: Layout | None) -> dict[str, Row]:
    """VLLM's options that are fixed, by flag; those that ``settings`` tell are left out."""
    arguments, told = (layout.vllm_args, layout.settings or {}) if layout else ({}, {})
    return {
        flag: ("text", _plain(value))
        for flag, value in arguments.items()
        if flag.removeprefix("--").replace("-", "_") not in told
    }


def settings(layout: Layout | None) -> dict[str, Row]:
    """What vLLM runs with, by name."""
    told = (layout.settings if layout else None) or {}
    return {name: ("text", _plain(value)) for name, value in told.items()}


def _plain(value: Any) -> Value:  # noqa: ANN401 - an option's value
    return value if isinstance(value, int | float | str | bool | None) else str(value)


def figures(target: JudgedTarget | None, layout: Layout | None) -> dict[str, Row]:
    """The figures of a deployment by name, in the order they are shown."""
    rows: dict[str, Row] = {}
    if target is not None:
        rows |= {"model": ("text", target.model), "gpus": ("text", " and ".join(target.gpus))}
        rows["vllm_version"] = ("text", target.vllm_version)
    if layout is None:
        return rows
    rows["fit.verdict"] = ("text", layout.fit.verdict)
    rows["fit.probability"] = ("share", layout.fit.probability)
    rows["fit.margin_bytes"] = ("bytes", layout.fit.margin_bytes)
    rows["gpus_used"] = ("count", layout.gpus_used)
    return rows | _memory(layout.memory) | _capacity(layout) | _speed(layout) | _cost(layout)


#: of the GPU that holds most of it, or that has least room
_MOST = ("weights_bytes", "activation_bytes", "cuda_graph_bytes", "non_torch_bytes")
_LEAST = ("kv_cache_bytes", "free_bytes")


def _memory(memory: Memory | None) -> dict[str, Row]:
    if memory is None:
        return {}
    stages: Sequence[Any] = memory.stages
    most = {f"memory.{n}": ("bytes", max(getattr(s, n) for s in stages)) for n in _MOST}
    least = {f"memory.{n}": ("bytes", min(getattr(s, n) for s in stages)) for n in _LEAST}
    outside = max(stage.outside_budget_bytes for stage in stages)
    return {
        "memory.budget_bytes": ("bytes", memory.budget_bytes),
        **most,  # type: ignore[dict-item] # a unit, not any text
        **least,  # type: ignore[dict-item]
        "memory.outside_budget_bytes": ("bytes", outside),
    }


def _capacity(layout: Layout) -> dict[str, Row]:
    kv = layout.kv_cache
    if kv is None:
        return {}
    return {
        "kv_cache.dtype": ("text", kv.dtype),
        "kv_cache.block_size": ("tokens", kv.block_size),
        "kv_cache.tokens": ("tokens", kv.tokens),
        "kv_cache.max_concurrency": ("count", round(kv.max_concurrency, 2)),
        "kv_cache.max_model_len": ("tokens", kv.max_model_len),
    }


def _speed(layout: Layout) -> dict[str, Row]:
    speed, start = layout.performance, layout.start_up
    rows: dict[str, Row] = {}
    if speed:
        rows["performance.ttft_ms"] = ("ms", speed.ttft_ms)
        rows["performance.tpot_ms"] = ("ms", speed.tpot_ms)
        rows["performance.output_tokens_per_s"] = ("per_s", speed.output_tokens_per_s)
        rows["performance.requests_per_s"] = ("per_s", speed.requests_per_s)
    if start:
        rows["start_up.seconds"] = ("s", start.seconds)
    return rows


def _cost(layout: Layout) -> dict[str, Row]:
    cost = layout.cost
    if cost is None:
        return {}
    return {
        "cost.usd_per_hour": ("usd", cost.usd_per_hour),
        "cost.usd_per_million_output_tokens": ("usd", cost.usd_per_million_output_tokens),
    }
