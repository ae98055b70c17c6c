"""Words in a shell's text: a script, or the text of a command within YAML."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from planner.fixes.carriers.base import CannotEditError
from planner.fixes.text import Change

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from planner.fixes.shell import ShellWord

#: what a quoted word may not hold to be another in the same quotes
_NEEDS_CARE = frozenset("'\"\\$`\n")


class ShellText:
    """The words of a text; ``forbidden`` are letters that would end what the text stands in."""

    def __init__(
        self, text: str, words: Sequence[ShellWord], forbidden: Collection[str] = ()
    ) -> None:
        self._text, self._words = text, words
        self._forbidden = frozenset(forbidden)

    def replace(
        self, first: int, last: int, old: Sequence[str], new: Sequence[str]
    ) -> list[Change]:
        """Word by word; what is too many goes, what is missing follows the last."""
        changes = []
        for index, (was, word) in enumerate(zip(old, new, strict=False), first):
            if was != word:
                place = self._words[index]
                if not place.certain:
                    raise CannotEditError(f"{was} is put in by the shell")
                written = self._written(word, place)
                changes.append(Change(start=place.start, end=place.end, text=written))
        if len(old) > len(new):
            changes += self.remove(first + len(new), last)
        elif len(new) > len(old):
            more = " ".join(self._written(word) for word in new[len(old) :])
            end = self._words[last].end
            changes.append(Change(start=end, end=end, text=f" {more}"))
        return changes

    def remove(self, first: int, last: int) -> list[Change]:
        """With the blanks before them: a line that a backslash continues goes as a whole."""
        if not self._words[first].certain:
            raise CannotEditError("an option is put in by the shell")
        if first > 0 and not self._words[first - 1].operator:
            return [Change(start=self._words[first - 1].end, end=self._words[last].end, text="")]
        if last + 1 == len(self._words) or self._words[last + 1].operator:
            raise CannotEditError("nothing else is there")
        start, end = self._words[first].start, self._words[last + 1].start
        return [Change(start=start, end=end, text="")]

    def add(self, first: int, last: int, new: Sequence[str]) -> list[Change]:
        """On a line of their own where the option is on one."""
        blank = self._text[self._words[first - 1].end : self._words[first].start] if first else ""
        blank = blank if blank and not blank.strip("\\ \t\r\n") else " "
        end = self._words[last].end
        written = " ".join(self._written(word) for word in new)
        return [Change(start=end, end=end, text=blank + written)]

    def with_option(self, after: int, flag: str, value: str) -> list[Change]:
        """An option behind one of the words, or its value where the command says it already."""
        for index, word in enumerate(self._words[after:], after):
            if word.operator and word.text == "\n":
                break
            if word.text == flag and index + 1 < len(self._words):
                old = self._words[index + 1].text
                return self.replace(index + 1, index + 1, [old], [value])
            if word.text.startswith(f"{flag}="):
                return self.replace(index, index, [word.text], [f"{flag}={value}"])
        return self.add(after, after, [f"{flag}={value}"])

    def _written(self, word: str, place: ShellWord | None = None) -> str:
        """A word quoted as the one in whose place it goes, else as a shell needs it."""
        raw = self._text[place.start : place.end] if place else ""
        quotes = len(raw) > 1 and raw[0] in "'\"" and place and raw == raw[0] + place.text + raw[0]
        text = (
            raw[0] + word + raw[0] if quotes and not set(word) & _NEEDS_CARE else shlex.quote(word)
        )
        if set(text) & self._forbidden - set(raw):
            raise CannotEditError(f"{word} cannot be written there")
        return text
