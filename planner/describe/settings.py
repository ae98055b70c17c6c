"""What vLLM will run with, as a document: the release's defaults filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.case import Case

#: as vLLM names them; of what is settled, what a command could say too
_SETTINGS = (
    "dtype",
    "max_model_len",
    "max_num_batched_tokens",
    "max_num_seqs",
    "gpu_memory_utilization",
    "kv_cache_dtype",
    "enforce_eager",
)


def describe_settings(case: Case) -> dict[str, Any]:
    """The settings by vLLM's names."""
    return {name: getattr(case.settings, name) for name in _SETTINGS}
