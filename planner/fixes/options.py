"""Options of a command: others in their place, none, or more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import PlannerError
from planner.fixes.carriers.base import CannotEditError
from planner.frozen import frozen
from planner.vllm.command import program
from planner.vllm.flags import known
from planner.vllm.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.fixes.command import Written
    from planner.fixes.text import Change


@frozen
class _Option:
    """An option of a command: by its long flag, and the words that are its own."""

    flag: str
    typed: str
    first: int
    last: int


def option_changes(
    written: Written, options: Mapping[str, Sequence[str]], version: str | None
) -> list[Change]:
    """The changes that give a command its options.

    Args:
        written: the command.
        options: words by the flag in whose place they go; those of a flag that is not there are
            added behind an option that changes, else behind the last.
        version: whose flags to know.

    Raises:
        CannotEditError: they cannot be made in this file.
    """
    there = list(_options(written.words, version))
    changes: list[Change] = []
    anchor = there[-1] if there else None
    for flag, new in options.items():
        mine = [each for each in there if each.flag == flag]
        for each in mine[:-1]:
            changes += _removed(written, each)
        if mine and new:
            anchor = mine[-1]
            changes += _replaced(written, anchor, new)
        elif mine:
            changes += _removed(written, mine[-1])
        elif new:
            if anchor is None:
                raise CannotEditError("no option is there")
            changes += _added(written, anchor, new)
    return changes


def _options(words: Sequence[str], version: str | None) -> Iterator[_Option]:
    try:
        start, _ = program(words)
        found = tokens(words[start:], known(version))
    except PlannerError as error:
        raise CannotEditError(error.message) from None
    for token in sorted(found, key=lambda token: token.index):
        first = start + token.index
        typed, equals, _ = words[first].partition("=")
        # --name.key parts of one option may stand apart
        if token.is_option and "." not in typed:
            flag = token.spelling.flag if token.spelling else token.typed
            last = first if equals else first + len(token.values)
            yield _Option(flag=flag, typed=typed, first=first, last=last)


def _replaced(written: Written, option: _Option, new: Sequence[str]) -> list[Change]:
    carrier, first, last = written.span(option.first, option.last)
    old = written.words[option.first : option.last + 1]
    # the same option keeps its spelling: -tp
    words = [option.typed if new[0] == option.flag else new[0], *new[1:]]
    if "=" in old[0] and len(words) == 2:  # noqa: PLR2004 - a flag and its value
        words = ["=".join(words)]
    return carrier.replace(first, last, old, words)


def _removed(written: Written, option: _Option) -> list[Change]:
    return written.span(option.first, option.last)[0].remove(
        *written.span(option.first, option.last)[1:]
    )


def _added(written: Written, anchor: _Option, new: Sequence[str]) -> list[Change]:
    carrier, first, last = written.span(anchor.first, anchor.last)
    joined = "=" in written.words[anchor.first] and len(new) == 2  # noqa: PLR2004 - as above
    return carrier.add(first, last, ["=".join(new)] if joined else list(new))
