"""Goldens: one readable file each under tests/golden, read in review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[1] / "golden"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file; ``--snapshot-update`` writes the file instead."""
    # the option is syrupy's; its own files carry a suffix we cannot choose per test
    update = request.config.getoption("--snapshot-update")

    def check(name: str, text: str) -> None:
        path = FOLDER / name
        if update:
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check
