"""Models as plain data, for ``planner models list`` and ``planner models show``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from planner.model import catalog

if TYPE_CHECKING:
    from planner.model.source import ModelSource


def list_models(pattern: str = "") -> list[dict[str, Any]]:
    """The catalogue's models whose id holds ``pattern``, one plain dictionary each.

    >>> [model["id"] for model in list_models("openai/gpt-oss")]
    ['openai/gpt-oss-120b', 'openai/gpt-oss-20b']
    """
    return [asdict(row) for row in catalog.list_models(pattern)]


def show_model(found: ModelSource) -> dict[str, Any]:
    """Everything known of one model before its architecture is read.

    Bytes and parameters are whole numbers, None where unknown.
    """
    checkpoint = found.checkpoint
    return {
        "id": found.id,
        "kind": found.kind,
        "trust": found.trust,
        "source": found.source,
        "notes": list(found.notes),
        "parameters": checkpoint.parameters if checkpoint else None,
        "checkpoint_bytes": checkpoint.tensor_bytes if checkpoint else None,
        "checkpoint_bytes_by_dtype": checkpoint.bytes_by_dtype() if checkpoint else {},
        "config": found.config,
    }
