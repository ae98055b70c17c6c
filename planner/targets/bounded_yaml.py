"""YAML that nobody has to trust: refused before it costs seconds, gigabytes or an endless walk.

libyaml splits a text into events, and this puts them together, bounded at each step. Imported by
what reads a file only: PyYAML takes 15 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from planner.errors import InvalidInputError
from planner.targets.document import Mark, PlacedList, PlacedMapping
from planner.targets.yaml_scalars import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

#: no manifest comes near; what walks over a document may call itself as often
_MAX_DEPTH = 100
#: keys, values and items, with aliases written out; a second of reading
_MAX_PARTS = 100_000
#: written in C where PyYAML was built with libyaml, as its wheels are
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"

Collection: TypeAlias = "PlacedMapping | PlacedList"


def load(name: str, typed: str) -> list[Any]:
    """The documents of a file; mappings and lists know the places of their keys and items.

    Raises:
        InvalidInputError: no YAML, or more of it than anybody writes.
    """
    try:
        return list(_documents(name, typed))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise InvalidInputError(
            f"{name}{place} is not YAML: {error.problem}", line=line, column=column
        ) from None
    except yaml.YAMLError as error:
        said = str(error).splitlines() or [type(error).__name__]
        raise InvalidInputError(f"{name} is not YAML: {said[0]}") from None


def _documents(name: str, typed: str) -> Iterator[Any]:
    builder = _Builder(name)
    for event in yaml.parse(typed, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent):
            builder.begin()
        elif isinstance(event, yaml.DocumentEndEvent):
            yield builder.root
        else:
            builder.take(event)


class _Open:
    """A mapping or a list whose end was not read yet."""

    def __init__(self, made: Collection, anchor: str | None) -> None:
        self.made = made
        self.anchor = anchor
        self.size = 1
        self.key: tuple[Any, Any] | None = None
        """The key that waits for its value, and where it stands."""
        self.merged: list[Any] = []


class _Builder:
    """Puts events together; counts what they come to."""

    def __init__(self, name: str) -> None:
        self.root: Any = None
        self._name = name
        self._parts = 0
        self.begin()

    def begin(self) -> None:
        """A document begins: anchors hold within one."""
        self.root = None
        self._open: list[_Open] = []
        self._anchored: dict[str, tuple[Any, int]] = {}

    def take(self, event: Any) -> None:  # noqa: ANN401 - an event of PyYAML
        """One event."""
        if isinstance(event, yaml.ScalarEvent):
            value = scalar(event)
            if event.anchor:
                self._anchored[event.anchor] = value, 1
            self._add(value, 1, event.start_mark)
        elif isinstance(event, yaml.AliasEvent):
            self._add(*self._meant(event), event.start_mark)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._start(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end()

    def _start(self, event: Any) -> None:  # noqa: ANN401 - as above
        if len(self._open) == _MAX_DEPTH:
            raise InvalidInputError(
                f"{self._name} is nested too deeply",
                cause=f"more than {_MAX_DEPTH} lists or mappings in another",
            )
        made = PlacedMapping() if isinstance(event, yaml.MappingStartEvent) else PlacedList()
        self._add(made, 1, event.start_mark)
        self._open.append(_Open(made, event.anchor))

    def _end(self) -> None:
        ended = self._open.pop()
        if isinstance(ended.made, PlacedMapping):
            _merge(ended.made, ended.merged)
        if ended.anchor:
            self._anchored[ended.anchor] = ended.made, ended.size
        if self._open:
            self._open[-1].size += ended.size - 1

    def _meant(self, event: Any) -> tuple[Any, int]:  # noqa: ANN401 - as above
        if any(each.anchor == event.anchor for each in self._open):
            raise _broken("an alias holds itself", event.start_mark)
        if event.anchor not in self._anchored:
            raise _broken(f"no anchor is called {event.anchor}", event.start_mark)
        return self._anchored[event.anchor]

    def _add(self, value: Any, size: int, mark: Any) -> None:  # noqa: ANN401 - as above
        self._parts += size
        if self._parts > _MAX_PARTS:
            raise InvalidInputError(
                f"{self._name} is too long to be read",
                cause=f"more than {_MAX_PARTS:,} keys and values, with its aliases written out",
                fix="leave out what starts no server, such as custom resource definitions",
            )
        if not self._open:
            self.root = value
            return
        holder = self._open[-1]
        holder.size += size
        if isinstance(holder.made, PlacedList):
            holder.made.places.append(_mark(mark, mark))
            holder.made.append(value)
        elif holder.key is None:
            if isinstance(value, dict | list):
                raise _broken("a mapping or a list is a key", mark)
            holder.key = value, mark
        else:
            (key, of_key), holder.key = holder.key, None
            _set(holder, key, value, _mark(of_key, mark), of_key)


def _set(holder: _Open, key: Any, value: Any, place: Mark, mark: Any) -> None:  # noqa: ANN401
    made = holder.made
    if not isinstance(made, PlacedMapping):
        return
    if key == _MERGE:
        holder.merged += value if isinstance(value, list) else [value]
        return
    if key in made:
        raise _broken(f"the key {key} stands there twice", mark)
    made[key] = value
    made.places[key] = place


def _merge(into: PlacedMapping, merged: list[Any]) -> None:
    """Take over what a mapping does not say itself; of several the first counts."""
    for other in merged:
        for key, value in other.items() if isinstance(other, PlacedMapping) else ():
            if key not in into:
                into[key] = value
                into.places[key] = other.places[key]


def _mark(key: Any, value: Any) -> Mark:  # noqa: ANN401 - marks of PyYAML
    return Mark(key.line + 1, key.column + 1, value.line + 1, value.column + 1)


def _broken(problem: str, mark: Any) -> yaml.MarkedYAMLError:  # noqa: ANN401 - as above
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
