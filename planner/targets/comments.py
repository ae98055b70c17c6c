"""Comments that ask for silence: ``# planner: ignore RUN025 the tag is pinned by our mirror``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

#: a comment begins a line or stands after a space, as YAML and shells have it
_COMMENT = re.compile(r"(?:^|\s)#\s*planner:\s*ignore\b[ \t]*(?P<rest>.*)$")
_CODES = re.compile(r"(?P<codes>[A-Za-z]{3}\d{3}(?:\s*,\s*[A-Za-z]{3}\d{3})*)\b(?P<reason>.*)$")
#: what may come before the first line that says something
_PREAMBLE = re.compile(r"\s*(#.*|---\s*|%.*)?$")


@frozen
class Suppression:
    """A comment that asks for silence about rules.

    Attributes:
        file: where it stands; line: its own, from 1.
        about: the line it speaks of; None for the whole file.
        codes: of the rules, in capitals; none where it names none.
        reason: why; empty where it gives none.
    """

    file: str
    line: int
    about: int | None
    codes: tuple[str, ...]
    reason: str


def suppressions(file: str, text: str) -> Iterator[Suppression]:
    """The comments of a file that ask for silence.

    One behind a part of the file is about that line, one on a line of its own about the next
    line that is no comment, one above all that the file says about all of it.
    """
    if "planner:" not in text:
        return
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines) if not _PREAMBLE.match(line)), len(lines))
    for number, line in enumerate(lines):
        if found := _COMMENT.search(line):
            named = _CODES.match(found["rest"])
            codes = named["codes"].upper().split(",") if named else []
            reason = named["reason"] if named else found["rest"]
            yield Suppression(
                file=file,
                line=number + 1,
                about=None if number < first else _about(lines, number),
                codes=tuple(code.strip() for code in codes),
                reason=reason.strip(" \t:-–—()"),  # noqa: RUF001 - dashes that people type
            )


def _about(lines: list[str], number: int) -> int:
    """The line that a comment speaks of, from 1."""
    if not lines[number].lstrip().startswith("#"):
        return number + 1
    below = range(number + 1, len(lines))
    said = (n for n in below if not lines[n].lstrip().startswith("#"))
    return next(said, number) + 1
