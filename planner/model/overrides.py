"""A configuration with the values that ``--hf-overrides`` puts over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.model.source import ModelSource


def overridden(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with the overrides in it, in nested parts too.

    Source: vllm.config.model.ModelConfig.__post_init__ (0.33.0)

    >>> overridden({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    merged = dict(config)
    for key, value in overrides.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = overridden(old, value)
        else:
            merged[key] = value
    return merged


def with_overrides(source: ModelSource, overrides: object) -> ModelSource:
    """The model as vLLM reads it with ``--hf-overrides``; as it is where these are no mapping."""
    if not isinstance(overrides, Mapping) or not overrides:
        return source
    return replace(source, config=overridden(source.config, overrides))
