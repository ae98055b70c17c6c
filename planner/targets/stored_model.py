"""A model by where it is stored: ``hf://Qwen/Qwen3-8B:main``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.targets.document import Word

if TYPE_CHECKING:
    from planner.targets.document import Document

_HUB = "hf://"


def stored_model(document: Document, *path: str | int, otherwise: str | None = None) -> Word | None:
    """The id of the model that an address at a path names.

    What is stored on a volume or in a bucket may be any model: ``otherwise`` is then taken for
    its id, where it looks like one.
    """
    address = document.at(*path)
    mark = document.mark(*path)
    line, column = (mark.value_line, mark.value_column) if mark else (None, None)
    text = ""
    if isinstance(address, str) and address.startswith(_HUB):
        text = address.removeprefix(_HUB).partition(":")[0]
    elif isinstance(otherwise, str) and "/" in otherwise:
        text = otherwise
    return Word(text=text, line=line, column=column) if text else None
