"""Targets from what was typed: files, or the words after ``--``."""

from __future__ import annotations

import shlex
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, cast

from planner import plugins
from planner.errors import InvalidInputError
from planner.targets.config_file import with_config, words_beside
from planner.targets.document import Word
from planner.targets.files import read_documents
from planner.targets.target import COMMAND_LINE, Target, option_places
from planner.vllm.command import read_command, shlex_split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.targets.document import Document
    from planner.targets.formats.base import Format

_FORMATS = "planner.targets.formats"
#: of one document; a chart of a whole company has fewer
_MOST_TARGETS = 256


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
        *(t for name in files for t in file_targets(read_documents(name), version)),
        *([command_target(command, version)] if command else []),
    )


def formats() -> tuple[Format, ...]:
    """The kinds of files that are read."""
    return tuple(cast("Format", plugins.load(_FORMATS, name)) for name in plugins.names(_FORMATS))


def file_targets(
    documents: Sequence[Document], version: str | None, *, explicit: bool = True
) -> list[Target]:
    """The deployments of a file's documents.

    ``explicit`` is False where nobody named the file: it may then hold none, and what only might
    be a deployment is none.

    Raises:
        PlannerError: it cannot be understood, or an explicit one holds no deployment.
    """
    known = [(each, _format(each)) for each in documents]
    if not explicit:
        known = [(each, kind) for each, kind in known if kind is None or _certain(kind, each)]
    found = [
        replace(target, text=each.text)
        for each, kind in known
        if kind is not None
        for target in _targets(kind, each, version)
    ]
    if found or not explicit:
        return found
    name = documents[0].name
    if all(kind is None for _, kind in known):
        kinds = ", ".join(kind.KIND for kind in formats())
        raise InvalidInputError(
            f"{name} is no file that is known here",
            cause=f"read are {kinds}",
            fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes a plan; "
            "a command is judged by planner validate --gpus GPUS -- vllm serve …",
        )
    raise InvalidInputError(f"{name} runs no vLLM", cause="no command in it starts a server")


def _targets(kind: Format, document: Document, version: str | None) -> list[Target]:
    """The deployments of a document, whatever types its values have.

    Raises:
        PlannerError: it cannot be understood, or holds more than anybody runs.
    """
    try:
        found = list(islice(kind.targets(document, version), _MOST_TARGETS + 1))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InvalidInputError(
            f"{document.name} is none of the {kind.KIND}, or a broken one",
            cause=f"a part of it is of another type than there: {error}",
            fix="leave it out, or mend it: its own tool names the part",
        ) from None
    if len(found) > _MOST_TARGETS:
        raise InvalidInputError(
            f"{document.name} holds more than {_MOST_TARGETS} deployments",
            fix="divide it into several files",
        )
    return found


def _certain(kind: Format, document: Document) -> bool:
    """Whether a document is of its kind beyond doubt; most kinds leave none."""
    certain = getattr(kind, "certain", None)
    return certain is None or certain(document)


def _format(document: Document) -> Format | None:
    return next((kind for kind in formats() if kind.reads(document)), None)


def command_target(typed: Sequence[str], version: str | None) -> Target:
    """The deployment of a command, as words or all of it as one word."""
    split = shlex_split(typed[0]) if len(typed) == 1 else list(typed)
    typed_words = list(_in_a_line(split))
    words = with_config(typed_words, lambda name: words_beside("", name, version, anywhere=True))
    command = read_command([word.text for word in words], version)
    return Target(
        name=COMMAND_LINE,
        commands=(command,),
        places=option_places(COMMAND_LINE, command, words),
        words=(tuple(words),),
        text=f"{shlex.join(split)}\n",
    )


def _in_a_line(words: Sequence[str]) -> Iterator[Word]:
    """Words at their places in the command as ``shlex.join`` writes it."""
    column = 1
    for word in words:
        yield Word(text=word, line=1, column=column)
        column += len(shlex.quote(word)) + 1
