"""What was verified, as a document."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from planner.runtime.calibrate.record import COMMAND

if TYPE_CHECKING:
    from planner.runtime.verify.flow import Verified


def document(verified: Verified) -> dict[str, Any]:
    """A server against its plan; times in seconds unless the row names another unit."""
    served, layout = verified.served, verified.served.layout
    stages = layout.memory.stages if layout.memory else ()
    kv_cache = layout.kv_cache
    return {
        "schema": "planner/1",
        "command": COMMAND,
        "date": datetime.now(UTC).date().isoformat(),
        "url": verified.url,
        "vllm_version": verified.version,
        "plan": {
            "vllm_version": served.vllm_version,
            "model": served.model,
            "accelerator": served.group.accelerator,
            "argv": list(served.server.argv),
            "pipeline_parallel_size": layout.pipeline_parallel_size,
            "weights_bytes": stages[0].weights_bytes if stages else None,
            "bytes_per_block": kv_cache.bytes_per_block if kv_cache else None,
            "block_size": kv_cache.block_size if kv_cache else None,
        },
        "models": {name: dict(model) for name, model in verified.models.items()},
        "cache": asdict(verified.cache) if verified.cache else None,
        "rows": [asdict(row) for row in verified.rows],
        "load": asdict(verified.measured) if verified.measured else None,
        "notes": list(verified.notes),
    }
