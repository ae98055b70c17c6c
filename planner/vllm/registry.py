"""Which model classes vLLM serves, which it gave up, and which a plug-in brings."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "model_classes"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelClasses:
    """The registry of one release."""

    served: frozenset[str]
    removed: dict[str, str]
    """class -> the last release that served it"""
    plugin: dict[str, str]
    """class -> where its plug-in is"""


@cache
def model_classes() -> ModelClasses:
    """The registry of the newest release that is recorded.

    Source: vllm.model_executor.models.registry (0.33.0)
    """
    newest = max(_FOLDER.glob("[0-9]*.toml"), key=lambda p: tuple(map(int, p.stem.split("."))))
    data = tomllib.loads(newest.read_text(encoding="utf-8"))
    return ModelClasses(
        served=frozenset(data["served"]), removed=data["removed"], plugin=data["plugin"]
    )
