"""Modules found by their file name: a folder is the registry.

``names`` reads file names and imports nothing; ``load`` imports one. Other distributions
add modules by entry points named after the package, such as ``planner.rules``.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import UnknownNameError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib import metadata
    from types import ModuleType


@cache
def own_names(package: str) -> tuple[str, ...]:
    """The modules in a package's folder, sorted; ``base`` and ``_private`` files are none."""
    files = (name for name in _listed(_folder(package)) if name.endswith(".py"))
    stems = (name.removesuffix(".py") for name in files)
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


def words(package: str, *, own: bool = False) -> tuple[str, ...]:
    """What one types for the plug-in modules of a package, sorted; ``own`` as in ``own_names``.

    A file has an underscore behind its word where the standard library has that name: ``json_``.
    """
    return tuple(sorted(name.rstrip("_") for name in (own_names if own else names)(package)))


def find(package: str, word: str, *, kind: str, option: str, usual: str) -> ModuleType:
    """The plug-in module of the word that was typed.

    Args:
        package: where it is looked for.
        word: what was typed.
        kind: what such a module is, in a sentence: ``launcher``.
        option: of the command line, that takes the word.
        usual: the word to offer where none is like what was typed.

    Raises:
        UnknownNameError: there is no such module.
    """
    # the list of other distributions takes as long as the rest: only if it must be read
    for known in (own_names, names):
        for module in known(package):
            if module.rstrip("_") == word:
                return load(package, module)
    like = nearest(word, words(package))
    raise UnknownNameError(
        f"no {kind} is called {word}",
        cause=f"there are {', '.join(words(package))}",
        fix=f"{option} {like[0] if like else usual}",
    )


def naming(package: str, word: str) -> Iterator[str]:
    """The plug-in modules whose text holds ``word`` in quotes, and all of other distributions.

    To import one family of many by the architecture it reads. Files that the word begins with
    the name of come first, so that few are read: ``qwen3_moe`` for Qwen3MoeForCausalLM.
    """
    quoted, lower = f'"{word}"'.encode(), word.lower()

    def likeness(name: str) -> int:
        stem = name.replace("_", "")
        return len(stem) if lower.startswith(stem) else 0

    for name in sorted(own_names(package), key=likeness, reverse=True):
        if quoted in _source(package, name):
            yield name
    yield from _entry_points(package)


@cache
def _source(package: str, name: str) -> bytes:
    """A module's text; rules are asked for more than one word."""
    return (_folder(package) / f"{name}.py").read_bytes()


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
    folders = [Path(entry) for entry in sys.path if entry]
    names = ((f, name) for f in folders for name in _listed(f) if name.endswith(".dist-info"))
    files = (folder / name / "entry_points.txt" for folder, name in names)
    return tuple(path.read_text("utf-8") for path in files if path.is_file())


def _listed(folder: Path) -> list[str]:
    """What lies in a folder, by name: a path object for each would take milliseconds."""
    return os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208
