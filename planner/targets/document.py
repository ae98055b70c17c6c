"""One document of a file: its data, and where each part of it stands."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from planner.finding import Location
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: keys and indexes from the top of a document
Path = tuple[str | int, ...]


@frozen
class Mark:
    """Where a key or an item begins, and where its value does; lines and columns from 1."""

    line: int
    column: int
    value_line: int
    value_column: int


@frozen
class Word:
    """One word of a command, and where it stands."""

    text: str
    line: int | None = None
    column: int | None = None


@frozen
class Document:
    """A part of a file between ``---``, or all of it.

    Attributes:
        name: the file's.
        text: all of the file.
        data: what it says, as mappings, lists and scalars; None where it is no YAML or JSON.
        marks: where keys and items stand; empty for JSON and for plain text.
        is_text: the file is neither YAML nor JSON, but a script.
    """

    name: str
    text: str = ""
    data: Any = None
    marks: Mapping[Path, Mark] = field(default_factory=dict)
    is_text: bool = False

    def at(self, *path: str | int) -> Any:  # noqa: ANN401 - whatever a file holds
        """The part at a path, or None."""
        node = self.data
        for key in path:
            if isinstance(node, dict):
                node = node.get(key)
            elif isinstance(node, list) and isinstance(key, int) and key < len(node):
                node = node[key]
            else:
                return None
        return node

    def place(self, *path: str | int) -> Location:
        """Where a key or an item stands, or the nearest thing that holds it."""
        for depth in range(len(path), 0, -1):
            mark = self.marks.get(path[:depth])
            if mark is not None:
                dotted = ".".join(map(str, path))
                return Location(file=self.name, line=mark.line, column=mark.column, path=dotted)
        return Location(file=self.name)

    def words(self, *path: str | int) -> list[Word]:
        """A list of scalars at a path as words of a command, each with its place."""
        items = self.at(*path)
        if not isinstance(items, list):
            return []
        return [self._word(item, (*path, index)) for index, item in enumerate(items)]

    def _word(self, item: Any, path: Path) -> Word:  # noqa: ANN401 - a scalar of a file
        mark = self.marks.get(path)
        text = "" if item is None else str(item)
        if mark is None:
            return Word(text=text)
        return Word(text=text, line=mark.value_line, column=mark.value_column)

    @property
    def lines(self) -> dict[str, int]:
        """The line of each key, by its path with dots."""
        return {".".join(map(str, path)): mark.line for path, mark in self.marks.items()}


def marks(node: Any, above: Path = ()) -> Iterator[tuple[Path, Mark]]:  # noqa: ANN401
    """Where the parts of what ruamel read stand."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    # ruamel keeps [line, column, …] of each key or item, but none of a tagged sequence
    places = node.lc.data or {}
    for key, value in pairs:
        path = (*above, key if isinstance(key, int) else str(key))
        if key in places:
            line, column, *of_value = (n + 1 for n in places[key])
            value_line, value_column = of_value or (line, column)
            yield (
                path,
                Mark(line=line, column=column, value_line=value_line, value_column=value_column),
            )
        if isinstance(value, dict | list):
            yield from marks(value, path)
