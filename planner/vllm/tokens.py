"""A typed command line as vLLM's parser takes it apart, before any value is read.

Underscores for dashes, ``--x=v``, unambiguous beginnings of a flag, inverses of switches, ``-O3``
and dotted JSON (``--speculative-config.method mtp``).
Source: vllm.utils.argparse_utils.FlexibleArgumentParser.parse_args (0.33.0), argparse.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.frozen import frozen
from planner.vllm.values import json_or_human

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.vllm.flags import Spelling

_NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")


@frozen
class Token:
    """One option with what follows it, or one word that stands alone (``spelling`` is None)."""

    spelling: Spelling | None
    typed: str
    """The flag as typed, without a value; or the word."""
    values: tuple[str, ...] = ()
    index: int
    """Which word of the command it is, from 0."""

    @property
    def is_option(self) -> bool:
        """Whether it looks like an option, known or not."""
        return self.spelling is not None or _is_flag(self.typed)


def tokens(argv: Sequence[str], table: Mapping[str, Spelling]) -> list[Token]:
    """Take a command's words apart; dotted JSON of one option comes last, merged.

    Raises:
        UsageError: a flag without its value, a value where none belongs, an ambiguous beginning.
    """
    found: list[Token] = []
    dotted: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    index = 0
    while index < len(argv):
        word = argv[index]
        if word == "--":
            rest = enumerate(argv[index + 1 :], index + 1)
            found += [Token(spelling=None, typed=w, index=i) for i, w in rest]
            break
        if _is_flag(word) and "." in word.partition("=")[0]:
            index = _dotted(argv, index, dotted, places)
            continue
        token, words = _token(argv, index, table)
        found.append(token)
        index += words
    return found + list(_merged(dotted, places, table))


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != "-" and not _NEGATIVE_NUMBER.match(word)


def _token(argv: Sequence[str], index: int, table: Mapping[str, Spelling]) -> tuple[Token, int]:
    """The token that begins at ``index``, and how many words it takes."""
    word = argv[index]
    if not _is_flag(word):
        return Token(spelling=None, typed=word, index=index), 1
    flag, equals, value = _short_o(word).partition("=")
    spelling = _find(flag, table)
    typed = spelling.flag if spelling else flag
    if equals:
        if spelling and spelling.kind in {"switch", "on"}:
            raise UsageError(
                f"{flag} takes no value, but {value!r} was given",
                fix=f"type {typed} alone to turn it on",
            )
        return Token(spelling=spelling, typed=typed, values=(value,), index=index), 1
    values = _following(argv[index + 1 :], spelling)
    if spelling and spelling.kind in {"value", "list"} and not values:
        raise UsageError(f"{flag} needs a value", fix=f"type {typed} VALUE")
    token = Token(spelling=spelling, typed=typed, values=values, index=index)
    return token, 1 + len(values)


def _short_o(word: str) -> str:
    """``-O3`` as ``-O=3``."""
    return f"-O={word[2:].lstrip('=')}" if word.startswith("-O") and len(word) > 2 else word  # noqa: PLR2004


def _find(flag: str, table: Mapping[str, Spelling]) -> Spelling | None:
    if not flag.startswith("--"):
        return table.get(flag)
    flag = flag.replace("_", "-")
    if flag in table:
        return table[flag]
    longer = {name: s for name, s in table.items() if name.startswith(flag)}
    if len({s.flag for s in longer.values()}) > 1:
        raise UsageError(
            f"{flag} is short for more than one option: {', '.join(sorted(longer))}",
            fix="type the whole name",
        )
    return next(iter(longer.values()), None)


def _following(rest: Sequence[str], spelling: Spelling | None) -> tuple[str, ...]:
    """The words that belong to an option; an unknown one is given the next word, if any."""
    if spelling and spelling.kind in {"switch", "on"}:
        return ()
    words: list[str] = []
    for word in rest:
        if _is_flag(word) or (words and (spelling is None or spelling.kind != "list")):
            break
        words.append(word)
    return tuple(words)


def _dotted(
    argv: Sequence[str], index: int, found: dict[str, dict[str, Any]], places: dict[str, int]
) -> int:
    """Read ``--name.key.key value`` into ``found``; gives the index after it."""
    path, equals, value = argv[index].partition("=")
    after = index + 1
    if not equals:
        if after == len(argv):
            raise UsageError(f"{path} needs a value", fix=f"type {path} VALUE")
        value, after = argv[after], after + 1
    parsed = value.split(",") if path.endswith("+") else json_or_human(value)
    name, *keys = path.removesuffix("+").split(".")
    places.setdefault(name, index)
    place = found.setdefault(name, {})
    for key in keys[:-1]:
        deeper = place.setdefault(key, {})
        if not isinstance(deeper, dict):
            raise UsageError(f"{path} goes into {key}, which was given a value before")
        place = deeper
    old = place.get(keys[-1])
    place[keys[-1]] = old + parsed if isinstance(old, list) and isinstance(parsed, list) else parsed
    return after


def _merged(
    dotted: Mapping[str, Mapping[str, Any]],
    places: Mapping[str, int],
    table: Mapping[str, Spelling],
) -> Iterator[Token]:
    for name, content in dotted.items():
        spelling = _find(name, table)
        typed = spelling.flag if spelling else name
        values = (json.dumps(content),)
        yield Token(spelling=spelling, typed=typed, values=values, index=places[name])
