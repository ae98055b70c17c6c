"""Modules found by their file name: a folder is the registry.

``names`` reads file names and imports nothing; ``load`` imports one. Other distributions
add modules by entry points named after the package, such as ``planner.rules``.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib import metadata
    from types import ModuleType


@cache
def own_names(package: str) -> tuple[str, ...]:
    """The modules in a package's folder, sorted; ``base`` and ``_private`` files are none."""
    stems = (p.stem for p in _folder(package).glob("*.py"))
    return tuple(sorted(s for s in stems if not s.startswith("_") and s != "base"))


@cache
def names(package: str) -> tuple[str, ...]:
    """The plug-in modules of a package, the own ones and those of other distributions, sorted."""
    return tuple(sorted({*own_names(package), *_entry_points(package)}))


@cache
def load(package: str, name: str) -> ModuleType:
    """Import one plug-in module; a module of our own goes before another's of the same name."""
    if name not in own_names(package) and (entry := _entry_points(package).get(name)):
        module: ModuleType = entry.load()
        return module
    return import_module(f"{package}.{name}")


@cache
def naming(package: str, word: str) -> tuple[str, ...]:
    """The plug-in modules whose text holds ``word`` in quotes, and all of other distributions.

    To import one family of many by the architecture it reads.
    """
    folder = _folder(package)
    quoted = f'"{word}"'.encode()
    own = (n for n in own_names(package) if quoted in (folder / f"{n}.py").read_bytes())
    return (*own, *_entry_points(package))


def _folder(package: str) -> Path:
    return Path(__file__).parent.joinpath(*package.split(".")[1:])


@cache
def _entry_points(package: str) -> dict[str, metadata.EntryPoint]:
    if not any(package in text for text in _entry_point_texts()):
        return {}
    from importlib import metadata  # a third of the time that --help takes

    return {e.name: e for e in metadata.entry_points(group=package)}


@cache
def _entry_point_texts() -> tuple[str, ...]:
    """What installed distributions offer, read without the machinery that takes it apart."""
    folders = (Path(entry) for entry in sys.path if entry)
    files = (path for f in folders for path in f.glob("*.dist-info/entry_points.txt"))
    return tuple(path.read_text("utf-8") for path in files)
