"""Records are what the standard library's frozen dataclasses are."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from dataclasses import (
    KW_ONLY,
    FrozenInstanceError,
    asdict,
    dataclass,
    field,
    fields,
    is_dataclass,
    replace,
)
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from planner.frozen import frozen


@frozen
class Ours:
    rows: int
    name: str = "x"
    parts: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    rows: int
    name: str = "x"
    parts: list[int] = field(default_factory=list)


@frozen(kw_only=False)
class Placed:
    size: int
    _: KW_ONLY
    wide: bool = False


@frozen
class Derived(Ours):
    rows: int = 7
    more: float = 0.5


@frozen(slots=False)
class Cached:
    size: int

    @cached_property
    def twice(self) -> int:
        return 2 * self.size


@frozen
class Empty:
    pass


Kind = Callable[..., Any]
BOTH = pytest.mark.parametrize("kind", [Ours, Theirs])


@BOTH
def test_fields_have_values_defaults_and_factories(kind: Kind) -> None:
    record, other = kind(rows=1), kind(rows=1)
    assert (record.rows, record.name, record.parts) == (1, "x", [])
    assert record.parts is not other.parts
    assert [each.name for each in fields(record)] == ["rows", "name", "parts"]
    assert is_dataclass(kind)


@BOTH
def test_a_record_can_be_replaced_copied_and_pickled_but_not_changed(kind: Kind) -> None:
    record = kind(rows=1, parts=[2])
    assert replace(record, rows=3) == kind(rows=3, parts=[2])
    assert asdict(record) == {"rows": 1, "name": "x", "parts": [2]}
    assert copy.deepcopy(record) == record == pickle.loads(pickle.dumps(record))  # noqa: S301
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'rows'"):
        record.rows = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'rows'"):
        del record.rows
    assert not hasattr(record, "__dict__")


@BOTH
def test_a_record_takes_its_fields_by_name_alone(kind: Kind) -> None:
    with pytest.raises(TypeError, match="positional argument"):
        kind(1)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(TypeError, match="Ours lacks rows; its fields are rows, name, parts"):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Ours has no cells"):
        Ours(rows=1, cells=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Ours has no cells"):
        Ours(name="x", parts=[], cells=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Placed takes 1 positional arguments, but 2 were given"):
        Placed(1, True)  # type: ignore[call-arg]  # noqa: FBT003
    with pytest.raises(TypeError, match="Placed was given twice: size"):
        Placed(1, size=1)  # type: ignore[misc]


def test_fields_are_what_dataclasses_says_of_them() -> None:
    @dataclass(frozen=True, kw_only=True, slots=True)
    class Derived_(Theirs):  # noqa: N801 - the same name but for one letter
        rows: int = 7
        more: float = field(default=0.5, metadata={"key": "More"})

    @frozen
    class Derived(Ours):
        rows: int = 7
        more: float = field(default=0.5, metadata={"key": "More"})

    assert list(map(str, fields(Derived))) == list(map(str, fields(Derived_)))
    assert [each.kw_only for each in fields(Placed)] == [False, True]
    assert fields(Placed) == fields(Placed(1))
    with pytest.raises(TypeError, match="must be called with a dataclass"):
        fields(object)  # type: ignore[arg-type]


def test_equal_records_of_one_class_are_equal_and_hash_alike() -> None:
    assert Placed(1) == Placed(1, wide=False) != Placed(1, wide=True)
    assert hash(Placed(1)) == hash(Placed(1, wide=False))
    assert Derived(rows=1, name="x") != Ours(rows=1)
    assert len({Cached(size=1), Cached(size=1), Cached(size=2)}) == 2
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())
    nan = float("nan")
    assert Cached(size=nan) == Cached(size=nan)  # type: ignore[arg-type]  # as a tuple's items


def test_a_record_shows_its_fields() -> None:
    assert repr(Placed(1)) == "Placed(size=1, wide=False)"
    assert repr(Derived(name="y")) == "Derived(rows=7, name='y', parts=[], more=0.5)"


def test_a_record_keeps_what_its_class_defines_itself() -> None:
    @frozen
    class Named:
        name: str

        def __repr__(self) -> str:
            return self.name

    assert repr(Named(name="short")) == "short"


def test_a_record_without_slots_keeps_what_it_worked_out() -> None:
    record = Cached(size=4)
    assert record.twice == 8
    assert vars(record) == {"size": 4, "twice": 8}
    assert copy.copy(record) == record


def test_a_record_matches_by_place() -> None:
    match Placed(3):
        case Placed(size):
            assert size == 3


def test_every_frozen_class_of_the_package_is_made_by_this_decorator() -> None:
    package = Path(frozen.__code__.co_filename).parent
    slow = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"@dataclass\(.*frozen=True", path.read_text("utf-8"))
    ]
    assert not slow
