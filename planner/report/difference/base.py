"""What a format of a difference is, and how one is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from planner.report.base import Formats

if TYPE_CHECKING:
    from planner.difference.document import Difference
    from planner.report.base import Page


class DifferenceReport(Protocol):
    """A format: a module with these two names."""

    SUFFIXES: tuple[str, ...]
    """Of the files that hold it."""

    def render(self, difference: Difference, page: Page) -> str:
        """The whole text, with a newline at its end."""
        ...  # pragma: no cover


_FORMATS: Formats[DifferenceReport] = Formats(
    package="planner.report.difference", kind="format of a difference", file="difference.md"
)
formats, find, of_output = _FORMATS.names, _FORMATS.find, _FORMATS.of_output
