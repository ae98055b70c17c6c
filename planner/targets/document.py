"""One document of a file: its data, and where each part of it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from planner.finding import Location
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

#: keys and indexes from the top of a document
Path = tuple[str | int, ...]


class Mark(NamedTuple):
    """Where a key or an item begins, and where its value does; lines and columns from 1."""

    line: int
    column: int
    value_line: int
    value_column: int


class PlacedMapping(dict[Any, Any]):
    """A mapping that knows where its keys stand."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[Any, Mark] = {}


class PlacedList(list[Any]):
    """A list that knows where its items stand."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Mark] = []


@frozen
class Word:
    """One word of a command, and where it stands."""

    text: str
    line: int | None = None
    column: int | None = None
    file: str | None = None
    """Whence ``--config`` brought it; None where it stands in the command itself."""


@frozen
class Document:
    """A part of a file between ``---``, or all of it.

    Attributes:
        name: the file's.
        text: all of the file.
        data: what it says, as mappings, lists and scalars; None where it is no YAML or JSON.
            Mappings and lists of YAML are placed.
        is_text: the file is neither YAML nor JSON, but a script.
        beside: what all documents of the file say.
    """

    name: str
    text: str = ""
    data: Any = None
    is_text: bool = False
    beside: tuple[Any, ...] = ()

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

    def mark(self, *path: str | int) -> Mark | None:
        """Where a key or an item stands; None where there is none, in JSON and in plain text."""
        return self._marks(*path)[-1] if path else None

    def place(self, *path: str | int) -> Location:
        """Where a key or an item stands, or the nearest thing that holds it."""
        mark = next((mark for mark in reversed(self._marks(*path)) if mark), None)
        if mark is None:
            return Location(file=self.name)
        dotted = ".".join(map(str, path))
        return Location(file=self.name, line=mark.line, column=mark.column, path=dotted)

    def _marks(self, *path: str | int) -> list[Mark | None]:
        """The marks on the way to a part, one a step."""
        node, found = self.data, list[Mark | None]()
        for key in path:
            mark, node = _step(node, key)
            found.append(mark)
        return found

    def words(self, *path: str | int) -> list[Word]:
        """A list of scalars at a path as words of a command, each with its place."""
        items = self.at(*path)
        if not isinstance(items, list):
            return []
        return [self._word(item, (*path, index)) for index, item in enumerate(items)]

    def _word(self, item: Any, path: Path) -> Word:  # noqa: ANN401 - a scalar of a file
        mark = self.mark(*path)
        text = "" if item is None else str(item)
        if mark is None:
            return Word(text=text)
        return Word(text=text, line=mark.value_line, column=mark.value_column)

    @property
    def lines(self) -> dict[str, int]:
        """The line of each key, by its path with dots."""
        return dict(_lines(self.data, ""))


def _step(node: Any, key: str | int) -> tuple[Mark | None, Any]:  # noqa: ANN401
    if isinstance(node, PlacedMapping):
        return node.places.get(key), node.get(key)
    if isinstance(node, PlacedList) and isinstance(key, int) and key < len(node):
        return node.places[key], node[key]
    return None, None


def _lines(node: Any, above: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401
    if not isinstance(node, PlacedMapping | PlacedList):
        return
    keys = node if isinstance(node, dict) else range(len(node))
    for key in keys:
        mark, value = _step(node, key)
        if mark is not None:
            yield f"{above}{key}", mark.line
        yield from _lines(value, f"{above}{key}.")
