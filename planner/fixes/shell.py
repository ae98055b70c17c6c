"""The words of a shell's text with their offsets, so that one can be changed where it stands.

The targets read what a command means; this finds where each of its words is written. A text that
the two read differently is not edited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = " \t\r"
_OPERATORS = ";&|()<>"
_SPECIAL_IN_QUOTES = '"\\$`'
_PLAIN = re.compile(r"[^\s\\'\"]+")
_SCRIPT_PLAIN = re.compile(r"[^\s\\'\";&|()<>]+")


@frozen
class ShellWord:
    """A word, or an operator or a line's end, which no word of a command can be.

    Attributes:
        text: without its quotes.
        start: of it in the text; end: the offset behind it.
        certain: nothing in it is put in by the shell, such as a variable.
        operator: it is one, or the end of a line.
    """

    text: str
    start: int
    end: int
    certain: bool = True
    operator: bool = False


def shell_words(text: str, start: int, end: int, *, script: bool) -> list[ShellWord]:
    """The words between two offsets.

    ``script`` is False for the text of one command: line ends are blanks there, and nothing is
    an operator or a comment.
    """
    return list(_Reader(text, start, end, script=script).words())


class _Reader:
    """Reads one word after the other; quotes as in POSIX."""

    def __init__(self, text: str, start: int, end: int, *, script: bool) -> None:
        self._text, self._at, self._end, self._script = text, start, end, script
        self._plain = _SCRIPT_PLAIN if script else _PLAIN

    def words(self) -> Iterator[ShellWord]:
        while self._at < self._end:
            letter = self._text[self._at]
            if letter in _BLANK or (letter == "\n" and not self._script):
                self._at += 1
            elif self._text.startswith(("\\\n", "\\\r\n"), self._at):
                self._at = self._text.index("\n", self._at) + 1
            elif self._script and letter == "\n":
                yield ShellWord(text="\n", start=self._at, end=self._at + 1, operator=True)
                self._at += 1
            elif self._script and letter == "#":
                stop = self._text.find("\n", self._at, self._end)
                self._at = self._end if stop < 0 else stop
            elif self._script and letter in _OPERATORS:
                yield self._operator()
            else:
                yield self._word()

    def _operator(self) -> ShellWord:
        start = self._at
        while self._at < self._end and self._text[self._at] in _OPERATORS:
            self._at += 1
        return ShellWord(
            text=self._text[start : self._at], start=start, end=self._at, operator=True
        )

    def _word(self) -> ShellWord:
        start, parts, certain = self._at, [""], True
        while self._at < self._end:
            letter = self._text[self._at]
            if letter == "'":
                parts.append(self._single())
            elif letter == '"':
                inside = self._double()
                certain = certain and not set(inside) & set("$`")
                parts.append(inside)
            elif letter == "\\" and self._at + 1 < self._end:
                following = self._text[self._at + 1]
                parts.append("" if following == "\n" else following)
                self._at += 2
            elif found := self._plain.match(self._text, self._at, self._end):
                certain = certain and not set(found[0]) & set("$`")
                parts.append(found[0])
                self._at = found.end()
            else:
                break
        self._at = max(self._at, start + 1)
        return ShellWord(text="".join(parts), start=start, end=self._at, certain=certain)

    def _single(self) -> str:
        stop = self._text.find("'", self._at + 1, self._end)
        stop = self._end if stop < 0 else stop
        inside = self._text[self._at + 1 : stop]
        self._at = min(stop + 1, self._end)
        return inside

    def _double(self) -> str:
        letters: list[str] = []
        self._at += 1
        while self._at < self._end and self._text[self._at] != '"':
            if self._text[self._at] == "\\" and self._at + 1 < self._end:
                following = self._text[self._at + 1]
                escaped = following in _SPECIAL_IN_QUOTES
                letters.append(following if escaped else f"\\{following}")
                self._at += 2
            else:
                letters.append(self._text[self._at])
                self._at += 1
        self._at = min(self._at + 1, self._end)
        return "".join(letters)
