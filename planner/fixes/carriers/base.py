"""What holds the words of a command, and can put others in their place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruamel.yaml.nodes import ScalarNode

    from planner.fixes.text import Change

#: a scalar that needs no quotes anywhere, and is text to every reader of YAML
_PLAIN_TEXT = re.compile(
    r"(?!(?:true|false|yes|no|on|off|null|y|n)$)(?:(?:[a-z/_]|--?[a-z])[\w./@=+-]*|\d+[kmgt]i?b?)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?\d[\d._eE+-]*")


class CannotEditError(Exception):
    """A fix that cannot be made in this text; the finding stays as it is told."""


class Carrier(Protocol):
    """A run of pieces, each a word of a command or an option; ``first`` to ``last`` are theirs."""

    def replace(
        self, first: int, last: int, old: Sequence[str], new: Sequence[str]
    ) -> list[Change]:
        """Other words in the place of an option's; those that stay are not touched.

        Raises:
            CannotEditError: they cannot be written there.
        """
        ...  # pragma: no cover

    def remove(self, first: int, last: int) -> list[Change]:
        """Nothing in the place of an option's words.

        Raises:
            CannotEditError: something must stay there.
        """
        ...  # pragma: no cover

    def add(self, first: int, last: int, new: Sequence[str]) -> list[Change]:
        """Words of another option behind those of one.

        Raises:
            CannotEditError: they cannot be written there.
        """
        ...  # pragma: no cover


def scalar_text(word: str, like: ScalarNode | None, *, number: bool = False) -> str:
    """A text as a YAML scalar, quoted as another one is.

    Args:
        word: the text.
        like: the scalar in whose place or beside which it goes.
        number: numbers may stand without quotes.
    """
    style = like.style if like else None
    if style == "'":
        return "'" + word.replace("'", "''") + "'"
    if style == '"':
        return json.dumps(word, ensure_ascii=False)
    bare_number = number or (like is not None and _NUMBER.fullmatch(like.value))
    if _PLAIN_TEXT.fullmatch(word) or (bare_number and _NUMBER.fullmatch(word)):
        return word
    return json.dumps(word, ensure_ascii=False)
