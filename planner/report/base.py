"""What a report format is, and how one is found."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from planner import plugins
from planner.errors import UsageError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from planner.plan import Answer

#: what a switch of a request brings into its answer; curves are in each layout
_CARRIED = {"show_math": "math", "show_sources": "provenance"}
#: columns where nobody says how many there are
WIDTH = 80


@frozen
class Page:
    """What a report is written on."""

    width: int = WIDTH
    """Columns."""
    terminal: bool = False
    """A person looks at it now: bars are drawn."""
    colour: bool = False
    unicode: bool = True
    """Block characters can be shown."""
    command: str = ""
    """What was typed, for a file that outlives the terminal; empty where nobody typed it."""
    date: str = ""
    """The day it is written on, ISO."""


#: nobody typed a command for it
_PLAIN = Page()


class Report(Protocol):
    """A format: a module with these two names."""

    SUFFIXES: tuple[str, ...]
    """Of the files that hold it."""
    # beside these it may have: NEEDS, what a request must ask for so that an answer holds all that
    # the format shows; available(), which raises a PlannerError where it cannot be written here;
    # with_pictures(answer, file, page), the texts of several files by name

    def render(self, answer: Answer, page: Page) -> str:
        """The whole text, with a newline at its end."""
        ...  # pragma: no cover


class _Suffixed(Protocol):
    SUFFIXES: tuple[str, ...]
    """Of the files that hold it."""


F = TypeVar("F", bound=_Suffixed)


@frozen
class Formats(Generic[F]):
    """What ``--format`` and ``-o`` choose from for one kind of document."""

    package: str
    """The folder: a module a format."""
    kind: str
    """What one of them is called in a sentence: ``format``."""
    file: str
    """A file that one could write, to name in an error: ``plan.yaml``."""

    def names(self, *, own: bool = False) -> tuple[str, ...]:
        """The names that ``--format`` takes; ``own`` leaves out those of other distributions."""
        return plugins.words(self.package, own=own)

    def find(self, name: str) -> F:
        """The format of a name.

        Raises:
            UnknownNameError: no such format.
        """
        found = plugins.find(self.package, name, kind=self.kind, option="--format", usual="table")
        return cast("F", found)

    def of_output(self, typed: str) -> tuple[str, F]:
        """A file and its format: named before a colon, ``github:FILE``, or told by its suffix.

        Raises:
            UsageError: no format has that suffix.
        """
        named, colon, name = typed.partition(":")
        if colon and name and named in self.names():
            return name, self.find(named)
        return typed, self.of_file(typed)

    def of_file(self, name: str) -> F:
        """The format of a file's suffix.

        Raises:
            UsageError: no format has that suffix.
        """
        suffix = PurePath(name).suffix.lower()
        for known in self._likeliest_first(suffix.removeprefix(".")):
            if suffix in known.SUFFIXES:
                return known
        suffixes = [each for known in self.names() for each in self.find(known).SUFFIXES]
        raise UsageError(
            f"the format of {name} cannot be told from its suffix",
            cause=f"there are {', '.join(suffixes)}",
            fix=f"-o {PurePath(name).stem or PurePath(self.file).stem}{PurePath(self.file).suffix}",
        )

    def _likeliest_first(self, like: str) -> Iterator[F]:
        """All formats, the one that is named like a suffix first: the others need not be imported.

        The list of other distributions' formats takes as long as the rest: only if it must be read.
        """
        names = self.names(own=like in self.names(own=True))
        return (self.find(name) for name in sorted(names, key=lambda name: name != like))


_FORMATS: Formats[Report] = Formats(package="planner.report", kind="format", file="plan.yaml")
formats, find = _FORMATS.names, _FORMATS.find
of_output, of_file = _FORMATS.of_output, _FORMATS.of_file


def see_available(report: Report) -> None:
    """See that a format can be written here.

    Raises:
        PlannerError: what it draws with is not installed.
    """
    if check := getattr(report, "available", None):
        check()


def written(report: Report, answer: Answer, file: str, page: Page = _PLAIN) -> dict[str, str]:
    """The files that a report becomes, by name: itself, and pictures that some have beside it."""
    if with_pictures := getattr(report, "with_pictures", None):
        files: dict[str, str] = with_pictures(answer, PurePath(file), page)
        return files
    return {file: report.render(answer, page)}


def without(answer: Answer, switches: Collection[str]) -> Answer:
    """The answer without what some switches of its request brought into it."""
    if not switches:
        return answer
    left = {key: None for name, key in _CARRIED.items() if name in switches}
    if "show_curves" in switches:
        bare = (layout.model_copy(update={"curves": None}) for layout in answer.layouts)
        return answer.model_copy(update={**left, "layouts": tuple(bare)})
    return answer.model_copy(update=left)


def needs(report: Report) -> tuple[str, ...]:
    """The switches of a request without which an answer lacks what a format shows."""
    names: tuple[str, ...] = getattr(report, "NEEDS", ())
    return names
