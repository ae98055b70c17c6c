"""Start-up logs of vLLM 0.6 to 0.33: text in, facts out."""

from __future__ import annotations

from planner.vllm.log.figures import (
    CapturedGraphs,
    EngineConfig,
    LogError,
    LogFacts,
    Printed,
    RankFacts,
)
from planner.vllm.log.reader import LogReader, read_lines, read_log

__all__ = [
    "CapturedGraphs",
    "EngineConfig",
    "LogError",
    "LogFacts",
    "LogReader",
    "Printed",
    "RankFacts",
    "read_lines",
    "read_log",
]
