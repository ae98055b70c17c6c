"""What a server's own metrics say of its KV cache."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "vllm:cache_config_info"
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@frozen
class CacheConfig:
    """The KV cache of the engine with the fewest blocks."""

    num_blocks: int
    block_size: int
    engines: int
    labels: Mapping[str, str]
    """All that the server tells of it, by name."""


def cache_config(metrics: str) -> CacheConfig | None:
    """From the text of ``/metrics``; None where it does not tell.

    Source: vllm.v1.metrics.loggers.PrometheusStatLogger.log_metrics_info (0.33.0)
    """
    lines = (line for line in metrics.splitlines() if line.startswith(f"{_NAME}{{"))
    found = [dict(_LABEL.findall(line)) for line in lines]
    whole = [
        each for each in found if _count(each, "num_gpu_blocks") and _count(each, "block_size")
    ]
    if not whole:
        return None
    least = min(whole, key=lambda each: _count(each, "num_gpu_blocks"))
    return CacheConfig(
        num_blocks=_count(least, "num_gpu_blocks"),
        block_size=_count(least, "block_size"),
        engines=len(whole),
        labels=least,
    )


def _count(labels: Mapping[str, str], name: str) -> int:
    text = labels.get(name, "")
    return int(text) if text.isdecimal() else 0
