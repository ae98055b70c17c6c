"""The command that runs a tiny model with a server that only pretends to be vLLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def words(port: int) -> list[str]:
    """The command that runs the tiny model on a T4."""
    asked = ["launch", "--model", "tiny", "--gpus", "T4", "--dtype", "float16", "--offline"]
    served = ["--port", str(port), "--served-model-name", "tiny"]
    # there is no GPU here
    return [*asked, *served, "--no-preflight"]


@pytest.fixture
def launched(here: Path, words: list[str]) -> Callable[..., int]:
    """Run it with further words; nothing may be left behind."""

    def launch(*more: str) -> int:
        code = run([*words, *more])
        assert list((here / "tmp").iterdir()) == []
        return code

    return launch
