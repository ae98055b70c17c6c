"""Programs that run away from the planner: on other hosts, or in another Python.

Each is one file that needs the standard library alone, so it can be copied, or sent over SSH.
"""

from __future__ import annotations

from pathlib import Path


def path_of(name: str) -> Path:
    """The file of a program."""
    return Path(__file__).with_name(f"{name}.py")


def source_of(name: str) -> str:
    """The text of a program."""
    return path_of(name).read_text(encoding="utf-8")
