"""Pieces of a text by their offsets, and edits of it by line and column."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.finding import Edit
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@frozen
class Change:
    """What to put in the place of ``text[start:end]``."""

    start: int
    end: int
    text: str


class Lines:
    """Where the lines of a text begin; only a line feed ends one, as editors count."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(n + 1 for n, letter in enumerate(text) if letter == "\n")]
        self.ending = "\r\n" if "\r\n" in text else "\n"

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Characters before a place.

        Raises:
            InvalidInputError: there is no such line.
        """
        if not 0 < line <= len(self._starts):
            raise InvalidInputError(f"there is no line {line} to edit", fix="validate it again")
        return self._starts[line - 1] + column - 1

    def edit(self, change: Change) -> Edit:
        """A change by lines and columns."""
        line, column = self.place(change.start)
        end_line, end_column = self.place(change.end)
        return Edit(
            line=line, column=column, end_line=end_line, end_column=end_column, text=change.text
        )


def applied(text: str, edits: Sequence[Edit]) -> str:
    """A text with edits done to it; those that insert at one place keep their order.

    Raises:
        InvalidInputError: edits that are about another text.
    """
    lines = Lines(text)
    changes = [
        Change(
            start=lines.offset(each.line, each.column),
            end=lines.offset(each.end_line, each.end_column),
            text=each.text,
        )
        for each in edits
    ]
    return changed(text, changes)


def changed(text: str, changes: Iterable[Change]) -> str:
    """A text with changes made to it.

    >>> changed("-tp 16", [Change(start=4, end=6, text="8"), Change(start=6, end=6, text=" -pp 2")])
    '-tp 8 -pp 2'
    """
    pieces: list[str] = []
    done = 0
    for each in sorted(changes, key=lambda change: change.start):
        pieces += [text[done : each.start], each.text]
        done = max(done, each.end)
    return "".join([*pieces, text[done:]])
