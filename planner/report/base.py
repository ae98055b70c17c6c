"""What a report format is, and how one is found."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol, cast

from planner import plugins
from planner.errors import UnknownNameError, UsageError, nearest
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection

    from planner.plan import Answer

_PACKAGE = "planner.report"
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


class Report(Protocol):
    """A format: a module with these two names."""

    SUFFIXES: tuple[str, ...]
    """Of the files that hold it."""
    # beside these it may have: NEEDS, what a request must ask for so that an answer holds all that
    # the format shows; available(), which raises a PlannerError where it cannot be written here;
    # with_pictures(answer, file), the texts of several files by name

    def render(self, answer: Answer, page: Page) -> str:
        """The whole text, with a newline at its end."""
        ...  # pragma: no cover


def formats(*, own: bool = False) -> tuple[str, ...]:
    """The names ``--format`` takes: file names without the underscore that spares the stdlib.

    ``own`` leaves out what other distributions add.
    """
    names = plugins.own_names(_PACKAGE) if own else plugins.names(_PACKAGE)
    return tuple(sorted(name.rstrip("_") for name in names))


def find(name: str) -> Report:
    """The format of a name.

    Raises:
        UnknownNameError: no such format.
    """
    # the list of other distributions' formats takes as long as the rest: only if it must be read
    for names in (plugins.own_names, plugins.names):
        for module in names(_PACKAGE):
            if module.rstrip("_") == name:
                return cast("Report", plugins.load(_PACKAGE, module))
    like = nearest(name, formats())
    raise UnknownNameError(
        f"no format is called {name}",
        cause=f"there are {', '.join(formats())}",
        fix=f"--format {like[0] if like else 'table'}",
    )


def see_available(report: Report) -> None:
    """See that a format can be written here.

    Raises:
        PlannerError: what it draws with is not installed.
    """
    if check := getattr(report, "available", None):
        check()


def written(report: Report, answer: Answer, file: str) -> dict[str, str]:
    """The files that a report becomes, by name: itself, and pictures that some have beside it."""
    if with_pictures := getattr(report, "with_pictures", None):
        files: dict[str, str] = with_pictures(answer, PurePath(file))
        return files
    return {file: report.render(answer, Page())}


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


def of_output(typed: str) -> tuple[str, Report]:
    """A file and its format: named before a colon, ``gitlab:report.json``, or told by its suffix.

    Raises:
        UsageError: no format has that suffix.
    """
    named, colon, name = typed.partition(":")
    if colon and name and named in formats():
        return name, find(named)
    return typed, of_file(typed)


def of_file(name: str) -> Report:
    """The format of a file's suffix.

    Raises:
        UsageError: no format has that suffix.
    """
    suffix = PurePath(name).suffix.lower()
    own = suffix.removeprefix(".")
    # the format named like the suffix first: the others need not be imported
    for known in sorted(formats(own=own in formats(own=True)), key=lambda n: n != own):
        report = find(known)
        if suffix in report.SUFFIXES:
            return report
    suffixes = [s for known in formats() for s in find(known).SUFFIXES]
    raise UsageError(
        f"the format of {name} cannot be told from its suffix",
        cause=f"there are {', '.join(suffixes)}",
        fix=f"-o {PurePath(name).stem or 'plan'}.yaml",
    )
