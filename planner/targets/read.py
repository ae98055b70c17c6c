"""Targets from what was typed: files, or the words after ``--``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.targets.plan_file import is_plan, read_plan
from planner.targets.target import Target
from planner.targets.yaml_text import read_document
from planner.vllm.command import read_command, shlex_split

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND_LINE = "command line"


def read_targets(
    files: Sequence[str], command: Sequence[str] = (), *, version: str | None = None
) -> tuple[Target, ...]:
    """One target a file, and one for the command.

    Args:
        files: names of plan files.
        command: the words of ``vllm serve …``, or all of it as one word.
        version: whose options to know; a plan's own, else the newest release, by default.

    Raises:
        PlannerError: something cannot be read.
    """
    return (
        *(_file(name, version) for name in files),
        *([_command(command, version)] if command else []),
    )


def _file(name: str, version: str | None) -> Target:
    document, lines = read_document(name)
    if is_plan(document):
        return read_plan(name, document, lines, version)
    raise InvalidInputError(
        f"{name} is not a plan",
        cause="a plan begins with schema: planner/1",
        fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes one; "
        "a command is judged by planner validate --gpus GPUS -- vllm serve …",
    )


def _command(words: Sequence[str], version: str | None) -> Target:
    split = shlex_split(words[0]) if len(words) == 1 else list(words)
    return Target(name=COMMAND_LINE, commands=(read_command(split, version),), words=tuple(split))
