"""YAML that stands as a text in a YAML file: a document of its own, at its places in the file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.targets.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.targets.document import Word


@frozen
class TextWithin:
    """A text of a file, read.

    Attributes:
        document: what it says; its lines are counted from its first.
        above: the line of the file above it.
        indent: what stands before each of its lines in the file; None where they are not written
            as they are read.
    """

    document: Document
    above: int
    indent: int | None

    def placed(self, words: Iterable[Word]) -> list[Word]:
        """Words of it at their places in the file."""
        return [
            replace(
                word,
                line=None if word.line is None else self.above + word.line,
                column=None
                if word.column is None or self.indent is None
                else self.indent + word.column,
            )
            for word in words
        ]


def text_within(document: Document, *path: str | int) -> TextWithin:
    """The text at a path of a document, as a document.

    Raises:
        InvalidInputError: it is no YAML.
    """
    # what reads a file only needs it
    from planner.targets.bounded_yaml import load

    text = str(document.at(*path))
    name = f"{document.name}: {path[-1]}"
    inner = Document(name=name, text=text, data=next(iter(load(name, text)), None))
    mark = document.mark(*path)
    if mark is None:
        return TextWithin(document=inner, above=0, indent=None)
    lines = zip(document.text.splitlines()[mark.value_line :], text.splitlines(), strict=False)
    indents = {
        len(written) - len(read) if written.endswith(read) else None
        for written, read in lines
        if read.strip()
    }
    indent = indents.pop() if len(indents) == 1 else None
    return TextWithin(document=inner, above=mark.value_line, indent=indent)
