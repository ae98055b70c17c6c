"""Change single options of a ``vllm serve`` command and leave the rest as it was written."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from planner.vllm.command import program
from planner.vllm.flags import known
from planner.vllm.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

#: options by their long spelling, each with the words that follow it
Options = tuple[tuple[str, tuple[str, ...]], ...]


def with_options(
    argv: Sequence[str], options: Options, version: str | None = None
) -> tuple[str, ...]:
    """The command with each of the options as given here, whatever it said of them before.

    >>> with_options(["vllm", "serve", "m", "--port=1", "-tp", "2"], (("--port", ("9",)),))
    ('vllm', 'serve', 'm', '-tp', '2', '--port', '9')

    Raises:
        UsageError: no vLLM server in the command, or an option without its value.
    """
    start, _ = program(argv)
    spellings = known(version)
    gone = {_body(flag) for flag, _ in options}
    found = sorted(tokens(argv[start:], spellings), key=lambda token: token.index)
    ends = [token.index + start for token in found[1:]] + [len(argv)]
    kept = list(argv[: start if not found else found[0].index + start])
    for token, end in zip(found, ends, strict=True):
        flag = token.spelling.flag if token.spelling else token.typed
        if _body(flag) not in gone:
            kept += argv[token.index + start : end]
    return (*kept, *(word for flag, values in options for word in (flag, *values)))


def _body(flag: str) -> str:
    """A flag and its inverse are one option."""
    return flag.removeprefix("--no-").removeprefix("--")


def follows(argv: Sequence[str], flag: str) -> str | None:
    """The word after a flag; None where the flag is not there."""
    return next((value for word, value in pairwise(argv) if word == flag), None)
