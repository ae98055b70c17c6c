"""The files that were meant: those named, those of a folder, those a pattern matches."""

from __future__ import annotations

import fnmatch
import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: of the files that a folder is searched for
SUFFIXES = (".yaml", ".yml", ".json", ".sh", ".sbatch")
#: far above any repository's manifests; a search of a whole disk ends here
_MOST_FILES = 10_000
_MOST_FOLDERS = 100_000
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv"})
_MAGIC = re.compile(r"[*?[]")


@frozen
class NamedFile:
    """A file to judge; ``explicit`` where somebody named it, not a folder or a pattern."""

    name: str
    explicit: bool = True


def files(typed: Iterable[str]) -> tuple[NamedFile, ...]:
    """The files that words of a command line mean, each once.

    Args:
        typed: files, folders, and patterns of a shell: ``*`` within a folder, ``**`` across.

    Raises:
        UsageError: a folder too large to be meant, or a pattern that no file matches.
    """
    found: dict[str, NamedFile] = {}
    for word in typed:
        for each in _meant(word):
            # what is also named is named, whatever found it first
            if each.explicit or each.name not in found:
                found[each.name] = each
    return tuple(found.values())


def _meant(word: str) -> list[NamedFile]:
    if not word.strip():
        # what a variable that is not set leaves; the working directory is a dot
        raise UsageError("an empty name names no file", fix="name a file, or . for this folder")
    name = _shown(word)
    if os.path.isdir(name):  # noqa: PTH112 - Path's own raises for a name that is too long
        return [NamedFile(name=each, explicit=False) for each in sorted(_bounded(name, word))]
    if not _MAGIC.search(word) or os.path.exists(name):  # noqa: PTH110 - as above
        return [NamedFile(name=name)]
    matches = re.compile(translated(name)).fullmatch
    # a pattern that ends in no suffix is no wish to read pictures
    any_suffix = not _MAGIC.search(Path(name).suffix) and Path(name).suffix
    found = [
        NamedFile(name=each, explicit=False)
        for each in sorted(_bounded(_base(name), word, any_suffix=bool(any_suffix)))
        if matches(each)
    ]
    if not found:
        raise UsageError(
            f"no file matches {word}",
            cause="hidden folders, node_modules and links that lead out are passed over",
            fix="name a folder: all that lies below is searched",
        )
    return found


def _shown(word: str) -> str:
    """A name as reports have it: below the working directory without what leads there."""
    name = os.path.normpath(word)
    here = f"{Path.cwd()}{os.sep}"
    return name.removeprefix(here) if Path(name).is_absolute() else name


def _base(pattern: str) -> str:
    """The folder in which every match lies."""
    plain = pattern[: found.start()] if (found := _MAGIC.search(pattern)) else pattern
    return plain.rpartition("/")[0] or ("/" if pattern.startswith("/") else ".")


def translated(pattern: str) -> str:
    """A shell's pattern as a regular expression.

    >>> bool(re.fullmatch(translated("k8s/**/*.yaml"), "k8s/a/b/c.yaml"))
    True
    >>> bool(re.fullmatch(translated("k8s/*.yaml"), "k8s/a/b.yaml"))
    False
    """
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?\]?[^]]*\])", pattern)
    meanings = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        meanings.get(part) or (_class(part) if part.startswith("[") else re.escape(part))
        for part in parts
    )


def _class(part: str) -> str:
    """A set of letters: fnmatch knows what is special within."""
    return fnmatch.translate(part).removeprefix("(?s:").rpartition(")")[0]


def _bounded(top: str, typed: str, *, any_suffix: bool = False) -> list[str]:
    found = list(islice(_below(top, typed, any_suffix=any_suffix), _MOST_FILES + 1))
    if len(found) > _MOST_FILES:
        raise UsageError(
            f"{typed} holds more than {_MOST_FILES:,} files that could be manifests",
            fix="name the folder of the deployments",
        )
    return found


def _below(top: str, typed: str, *, any_suffix: bool) -> Iterator[str]:
    root = f"{os.path.realpath(top)}{os.sep}".replace("//", "/")
    for number, (folder, folders, names) in enumerate(os.walk(top)):
        if number == _MOST_FOLDERS:
            raise UsageError(
                f"{typed} holds more than {_MOST_FOLDERS:,} folders",
                fix="name the folder of the deployments",
            )
        folders[:] = [n for n in folders if not n.startswith(".") and n not in _PASSED_OVER]
        for name in names:
            path = os.path.normpath(Path(folder, name))
            meant = any_suffix or name.endswith(SUFFIXES)
            if meant and Path(path).is_file() and os.path.realpath(path).startswith(root):
                yield path
