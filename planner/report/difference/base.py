"""What a format of a difference is, and how one is found."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol, cast

from planner import plugins
from planner.errors import UnknownNameError, UsageError, nearest

if TYPE_CHECKING:
    from planner.difference.document import Difference
    from planner.report.base import Page

_PACKAGE = "planner.report.difference"


class DifferenceReport(Protocol):
    """A format: a module with these two names."""

    SUFFIXES: tuple[str, ...]
    """Of the files that hold it."""

    def render(self, difference: Difference, page: Page) -> str:
        """The whole text, with a newline at its end."""
        ...  # pragma: no cover


def formats() -> tuple[str, ...]:
    """The names that ``--format`` takes for a difference."""
    return tuple(sorted(name.rstrip("_") for name in plugins.names(_PACKAGE)))


def find(name: str) -> DifferenceReport:
    """The format of a name.

    Raises:
        UnknownNameError: no such format.
    """
    for module in plugins.names(_PACKAGE):
        if module.rstrip("_") == name:
            return cast("DifferenceReport", plugins.load(_PACKAGE, module))
    like = nearest(name, formats())
    raise UnknownNameError(
        f"a difference has no format called {name}",
        cause=f"there are {', '.join(formats())}",
        fix=f"--format {like[0] if like else 'table'}",
    )


def of_output(typed: str) -> tuple[str, DifferenceReport]:
    """A file and its format: named before a colon, ``github:FILE``, or told by its suffix.

    Raises:
        UsageError: no format has that suffix.
    """
    named, colon, name = typed.partition(":")
    if colon and name and named in formats():
        return name, find(named)
    suffix = PurePath(typed).suffix.lower()
    for known in formats():
        if suffix in find(known).SUFFIXES:
            return typed, find(known)
    raise UsageError(
        f"the format of {typed} cannot be told from its suffix",
        fix=f"-o {PurePath(typed).stem or 'difference'}.md",
    )
