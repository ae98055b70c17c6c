"""Commands as one pastes them into a shell."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from planner.vllm.hosts import HEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.plan import Command

_INDENT = "    "


def paste(command: Command, width: int) -> list[str]:
    """The lines of a command, each at most ``width`` wide where its words allow it.

    A line that goes on ends with a backslash, so that a shell reads the whole as one command;
    an option and its value stay on one line.
    """
    variables = [f"{name}={shlex.quote(value)}" for name, value in command.environment.items()]
    lines: list[str] = []
    line = ""
    for piece in [*variables, *_pieces(command.argv)]:
        if line and len(line) + len(piece) + len(" \\") >= width:
            lines.append(f"{line} \\")
            line = f"{_INDENT}{piece}"
        else:
            line = f"{line} {piece}" if line else piece
    return [*lines, line]


def _pieces(argv: Sequence[str]) -> list[str]:
    """Words quoted for a shell; an option together with the words that follow it."""
    pieces: list[str] = []
    for word in argv:
        quoted = shlex.quote(word)
        if pieces and pieces[-1].startswith("-") and not word.startswith("-"):
            pieces[-1] += f" {quoted}"
        else:
            pieces.append(quoted)
    return pieces


def where(command: Command, hosts: int) -> str:
    """Where one types it: ``on node 0 (head)``."""
    return f"on node {command.node} ({command.role})" if hosts > 1 else "on the host"


def placeholders(commands: Sequence[Command]) -> str | None:
    """What to put in the place of the words that stand for something; None if there are none."""
    words = {word for command in commands for word in command.argv}
    if HEAD in words or any(word.startswith(f"{HEAD}:") for word in words):
        return f"{HEAD} stands for the address of node 0; --master-addr ADDRESS fills it in"
    return None
