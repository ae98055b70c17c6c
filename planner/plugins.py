"""Modules found by their file name: a folder is the registry.

``names`` reads file names and imports nothing; ``load`` imports one. Other distributions
add modules by entry points named after the package, such as ``planner.rules``.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


@cache
def names(package: str) -> tuple[str, ...]:
    """The plug-in modules of a package, sorted; ``base`` and ``_private`` files are none."""
    folder = Path(__file__).parent.joinpath(*package.split(".")[1:])
    own = {p.stem for p in folder.glob("*.py") if not p.stem.startswith("_") and p.stem != "base"}
    return tuple(sorted(own | set(_entry_points(package))))


@cache
def load(package: str, name: str) -> ModuleType:
    """Import one plug-in module."""
    entry = _entry_points(package).get(name)
    if entry is not None:
        module: ModuleType = entry.load()
        return module
    return import_module(f"{package}.{name}")


@cache
def _entry_points(package: str) -> dict[str, metadata.EntryPoint]:
    return {e.name: e for e in metadata.entry_points(group=package)}
