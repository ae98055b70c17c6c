"""The variables that vLLM reads, by the newest release."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "variables.toml"


@cache
def variables() -> frozenset[str]:
    """All of them.

    Source: vllm.envs.environment_variables (0.33.0)
    """
    import tomllib  # a help page needs no table

    return frozenset(tomllib.loads(_FILE.read_text(encoding="utf-8"))["names"].split())
