"""Options that a file holds by name, as the words of the command they amount to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planner.targets.document import Word
from planner.vllm.flags import known

if TYPE_CHECKING:
    from planner.targets.document import Document


def flag_of(name: str) -> str:
    """An option's name as it is typed.

    >>> flag_of("max_model_len")
    '--max-model-len'
    """
    return f"--{name.replace('_', '-')}"


def option_words(
    document: Document, *path: str | int, flag: str, version: str | None
) -> list[Word]:
    """The words that the value at a path amounts to, all at the place of its key.

    True is the flag alone and False its inverse, where there is one; a mapping is JSON, a list
    several words; null gives none.
    """
    value = document.at(*path)
    mark = document.mark(*path)
    line, column = (mark.line, mark.column) if mark else (None, None)

    def words(*texts: str) -> list[Word]:
        return [Word(text=text, line=line, column=column) for text in texts]

    if value is None:
        return []
    if isinstance(value, bool):
        typed = flag if value else f"--no-{flag[2:]}"
        return words(typed) if value or flag in known(version) else []
    if isinstance(value, dict):
        return words(flag, _json(value))
    values = value if isinstance(value, list) else [value]
    return words(flag, *map(str, values)) if values else []


def _json(value: dict[Any, Any]) -> str:
    return json.dumps(value, default=str)
