"""Targets from what was typed: files, or the words after ``--``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from planner import plugins
from planner.errors import InvalidInputError
from planner.targets.document import Word
from planner.targets.files import read_documents
from planner.targets.target import Target, option_places
from planner.vllm.command import read_command, shlex_split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.targets.document import Document
    from planner.targets.formats.base import Format

COMMAND_LINE = "command line"
_FORMATS = "planner.targets.formats"


def read_targets(
    files: Sequence[str], command: Sequence[str] = (), *, version: str | None = None
) -> tuple[Target, ...]:
    """The deployments that files describe, and the one of the command.

    Args:
        files: names of plans and manifests.
        command: the words of ``vllm serve …``, or all of it as one word.
        version: whose options to know; a target's own, else the newest release, by default.

    Raises:
        PlannerError: something cannot be read.
    """
    return (
        *(target for name in files for target in _file(name, version)),
        *([_command(command, version)] if command else []),
    )


def formats() -> tuple[Format, ...]:
    """The kinds of files that are read."""
    return tuple(cast("Format", plugins.load(_FORMATS, name)) for name in plugins.names(_FORMATS))


def _file(name: str, version: str | None) -> list[Target]:
    documents = read_documents(name)
    known = [(each, _format(each)) for each in documents]
    if all(kind is None for _, kind in known):
        kinds = ", ".join(kind.KIND for kind in formats())
        raise InvalidInputError(
            f"{name} is no file that is known here",
            cause=f"read are {kinds}",
            fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes a plan; "
            "a command is judged by planner validate --gpus GPUS -- vllm serve …",
        )
    found = [t for each, kind in known if kind is not None for t in kind.targets(each, version)]
    if not found:
        raise InvalidInputError(f"{name} runs no vLLM", cause="no command in it starts a server")
    return found


def _format(document: Document) -> Format | None:
    return next((kind for kind in formats() if kind.reads(document)), None)


def _command(typed: Sequence[str], version: str | None) -> Target:
    split = shlex_split(typed[0]) if len(typed) == 1 else list(typed)
    command = read_command(split, version)
    places = option_places(COMMAND_LINE, command, list(_in_a_line(split)))
    return Target(name=COMMAND_LINE, commands=(command,), places=places)


def _in_a_line(words: Sequence[str]) -> Iterator[Word]:
    column = 1
    for word in words:
        yield Word(text=word, line=1, column=column)
        column += len(word) + 1
