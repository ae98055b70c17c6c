"""Shell scripts as lists of commands: every word is quoted, none is pasted into a text."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.plan import Command

_PROGRAM = "#!/bin/sh"
#: POSIX: any sh runs it; -e stops at the first command that fails, -u at a missing variable
_STRICT = "set -eu"


def script(lines: Iterable[str], notes: Iterable[str] = ()) -> str:
    """A script of lines that ``line``, ``exports`` and ``needs`` made; notes before the first."""
    return "\n".join((_PROGRAM, *notes, _STRICT, *lines, ""))


class Raw(str):
    """Shell text, written by this program; never made of what somebody typed."""

    __slots__ = ()


def line(*words: str) -> str:
    """One command; a ``Raw`` word is left to the shell to read.

    >>> print(line("echo", "$(reboot)", Raw('"$HOME"')))
    echo '$(reboot)' "$HOME"
    """
    return " ".join(word if isinstance(word, Raw) else shlex.quote(word) for word in words)


def block(*parts: Sequence[str]) -> str:
    r"""One command over several lines, a part of its words on each.

    >>> print(block(("docker", "run"), ("--rm",)))
    docker run \
        --rm
    """
    return " \\\n    ".join(line(*part) for part in parts)


def exports(command: Command) -> Iterator[str]:
    """The variables of a command, for it and what follows."""
    for name, value in command.environment.items():
        yield f"export {name}={shlex.quote(value)}"


def needs(secrets: Sequence[str]) -> Iterator[str]:
    """Lines that end the script where a variable that holds a secret is not set."""
    for name in secrets:
        yield f': "${{{name}:?is not set}}"'


def runs(commands: Sequence[Command], secrets: Sequence[str] = ()) -> Iterator[str]:
    """The commands of one host in their order; the shell becomes the last."""
    yield from needs(secrets)
    for place, command in enumerate(commands, 1):
        yield from exports(command)
        yield line(*(["exec"] if place == len(commands) else []), *command.argv)
