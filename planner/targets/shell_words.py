"""The commands of a shell script, word by word, without running anything."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.targets.document import Word

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTINUED = re.compile(r"(?:[^\\]|^)(?:\\\\)*\\$")
_ASSIGNMENT = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)=(.*)$", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))")
#: characters that variables may add to a script: a few lines can ask for more than memory holds
_MAX_ADDED = 256 * 1024
_ENDS = frozenset({";", "&", "&&", "||", "|", "(", ")", "{", "}", "then", "do", "fi", "done"})


@frozen
class Script:
    """What a script says: its commands, and the variables it sets to a text."""

    commands: tuple[tuple[Word, ...], ...]
    variables: dict[str, str]


def read_script(text: str) -> Script:
    """Commands in their order; of a variable the last text that it is set to.

    ``$NAME``, ``${NAME}`` and ``${NAME:-text}`` are put in where the script sets them to a text;
    what comes from elsewhere stays as it is written. Functions, loops and conditions are read as
    if each line ran.

    Raises:
        InvalidInputError: variables that hold each other make it endless.
    """
    variables = _Variables()
    commands = []
    for number, line in _logical_lines(text):
        words = list(_words(line, number, variables))
        while words and (found := _ASSIGNMENT.match(words[0].text)) and _sets(words):
            variables.texts[found[1]] = found[2]
            words = words[1:]
        if words and words[0].text == "export":
            pairs = (_ASSIGNMENT.match(word.text) for word in words[1:])
            variables.texts |= {pair[1]: pair[2] for pair in pairs if pair}
        commands += list(_split(words))
    return Script(commands=tuple(commands), variables=variables.texts)


def _sets(words: list[Word]) -> bool:
    """Assignments alone set variables of the script; before a command they are the command's."""
    return all(_ASSIGNMENT.match(word.text) for word in words)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that a backslash continues are one; each with the number of its first."""
    gathered: list[str] = []
    first = 1
    for number, line in enumerate(text.splitlines(), 1):
        if not gathered:
            first = number
        if _CONTINUED.search(line):
            gathered.append(line[:-1])
            continue
        yield first, "\n".join([*gathered, line])
        gathered = []
    if gathered:
        yield first, "\n".join(gathered)


def _words(line: str, number: int, variables: _Variables) -> Iterator[Word]:
    """The words of one logical line; a line that no shell would split gives none."""
    splitter = shlex.shlex(line, posix=True, punctuation_chars=True)
    splitter.whitespace_split = True
    try:
        for token in splitter:
            yield Word(text=variables.put_in(token), line=number + splitter.lineno - 1)
    except ValueError:
        return


class _Variables:
    """What a script sets, put in where it is asked for."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._left = _MAX_ADDED

    def put_in(self, token: str) -> str:
        return _VARIABLE.sub(self._value, token)

    def _value(self, found: re.Match[str]) -> str:
        name, usual = found[1] or found[3], found[2]
        text = self.texts.get(name, found[0] if usual is None else usual)
        self._left -= len(text)
        if self._left < 0:
            raise InvalidInputError(
                f"the variables of a script add more than {_MAX_ADDED // 1024} KiB to it",
                cause=f"{name} stands for {len(text):,} characters",
            )
        return text


def _split(words: list[Word]) -> Iterator[tuple[Word, ...]]:
    command: list[Word] = []
    for word in words:
        if word.text in _ENDS:
            if command:
                yield tuple(command)
            command = []
        else:
            command.append(word)
    if command:
        yield tuple(command)
