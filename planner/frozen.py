"""Frozen, slotted, keyword-only dataclasses, made several times faster than by ``dataclasses``.

The planner has hundreds of small records, and its start is mostly the making of their classes:
``dataclasses`` compiles six functions for each, here all classes share them. The result is a
dataclass still: ``fields``, ``replace``, ``asdict`` and type checkers take it as one.
"""
# ruff: noqa: ANN401, a field may hold anything

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field

T = TypeVar("T")

#: the attributes of a class that know its fields, and read them all from an instance
_FIELDS = "__frozen_fields__"
_VALUES = "__frozen_values__"


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, kw_only: bool = True, slots: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(kw_only_default=True, frozen_default=True)
def frozen(cls: type[T] | None = None, /, *, kw_only: bool = True, slots: bool = True) -> Any:
    """Make a class what ``dataclass(frozen=True, kw_only=True, slots=True)`` makes of it.

    What derives from such a class is made by this decorator too. Fields take defaults,
    factories and metadata; what else ``field`` can say is not heeded.

    Args:
        cls: the class, where the decorator stands alone.
        kw_only: fields are given by name; False takes them by position too.
        slots: there is no ``__dict__``; False for a class with cached properties.

    >>> @frozen
    ... class Size:
    ...     rows: int
    ...     columns: int = 1
    >>> Size(rows=2)
    Size(rows=2, columns=1)
    """

    def make(plain: type[T]) -> type[T]:
        # dataclass would write the signature there, which takes longer than all the rest
        plain.__doc__ = plain.__doc__ or plain.__qualname__
        made = dataclass(init=False, repr=False, eq=False, kw_only=kw_only, slots=slots)(plain)
        own: tuple[Field[Any], ...] = fields(made)  # type: ignore[arg-type]  # it is one now
        for name in _SHARED.keys() - vars(plain).keys():
            setattr(made, name, _SHARED[name])
        setattr(made, _FIELDS, _Fields(own))
        setattr(made, _VALUES, _reader(own))
        return made

    return make if cls is None else make(cls)


class _Fields:
    """What ``__init__`` must know of a class: ``places`` may be given by position."""

    def __init__(self, own: tuple[Field[Any], ...]) -> None:
        self.names = tuple(f.name for f in own)
        self.places = tuple(f.name for f in own if not f.kw_only)
        self.defaults = {f.name: f.default for f in own if f.default is not MISSING}
        made = {f.name: f.default_factory for f in own}
        self.factories = {name: make for name, make in made.items() if make is not MISSING}


_set = object.__setattr__


def _init(self: Any, /, *values: Any, **given: Any) -> None:
    """Set every field, past the lock on setting."""
    own: _Fields = self.__frozen_fields__
    named = _placed(self, values, given) if values else given
    if len(named) < len(own.names):
        made = {name: make() for name, make in own.factories.items() if name not in named}
        named = own.defaults | made | named
    if len(named) != len(own.names):
        raise _misfit(self, named)
    try:
        for name in own.names:
            _set(self, name, named[name])
    except KeyError:
        raise _misfit(self, named) from None


def _placed(self: Any, values: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
    """What was given by position, by name."""
    places = self.__frozen_fields__.places
    if len(values) > len(places):
        raise TypeError(
            f"{type(self).__qualname__} takes {len(places)} positional arguments, "
            f"but {len(values)} were given"
        )
    placed = dict(zip(places, values, strict=False))
    if twice := placed.keys() & given.keys():
        raise TypeError(f"{type(self).__qualname__} was given twice: {', '.join(sorted(twice))}")
    return placed | given


def _misfit(self: Any, named: dict[str, Any]) -> TypeError:
    names = self.__frozen_fields__.names
    missing = [name for name in names if name not in named]
    unknown = [name for name in named if name not in names]
    wrong = f"has no {', '.join(unknown)}" if unknown else f"lacks {', '.join(missing)}"
    return TypeError(f"{type(self).__qualname__} {wrong}; its fields are {', '.join(names)}")


def _reader(own: tuple[Field[Any], ...]) -> Any:
    names = [field.name for field in own]
    if len(names) > 1:
        return attrgetter(*names)
    return staticmethod(lambda record: tuple(getattr(record, name) for name in names))


def _repr(self: Any) -> str:
    pairs = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))
    return f"{type(self).__qualname__}({', '.join(pairs)})"


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self.__frozen_values__(self) == other.__frozen_values__(other)


def _hash(self: Any) -> int:
    return hash(self.__frozen_values__(self))


def _setattr(self: object, name: str, value: object) -> None:
    del self, value
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: object, name: str) -> None:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> dict[str, Any]:
    return {field.name: getattr(self, field.name) for field in fields(self)}


def _setstate(self: object, state: dict[str, Any]) -> None:
    for name, value in state.items():
        object.__setattr__(self, name, value)


_SHARED: dict[str, Any] = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    # a copy or a pickle of what has no __dict__ cannot be set attribute by attribute
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
