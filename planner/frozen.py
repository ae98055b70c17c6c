"""Frozen, slotted, keyword-only dataclasses, made many times faster than by ``dataclasses``.

The planner has hundreds of small records, and its start is mostly the making of their classes:
``dataclasses`` compiles six functions for each, here all classes share them; and it describes each
field, which here is done for the few classes whose fields anybody looks at. The result is a
dataclass still: ``fields``, ``replace``, ``asdict`` and type checkers take it as one.
"""
# ruff: noqa: ANN401, a field may hold anything

from __future__ import annotations

from dataclasses import KW_ONLY, MISSING, Field, FrozenInstanceError, dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: the attributes of a class that know its fields, and read them all from an instance
_FIELDS = "__frozen_fields__"
_VALUES = "__frozen_values__"
#: where ``dataclasses`` looks for them
_DESCRIBED = "__dataclass_fields__"
#: what stands in place of an annotation before fields that are given by name alone
_NAMED_FROM_HERE = (KW_ONLY, "KW_ONLY", "dataclasses.KW_ONLY")
_NO_FIELD = ("ClassVar", "typing.ClassVar")


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
        own = _Fields(plain, kw_only=kw_only)
        added = {name: each for name, each in _SHARED.items() if name not in vars(plain)}
        added[_FIELDS] = own
        added[_VALUES] = _reader(own.names)
        added[_DESCRIBED] = _Description(plain, kw_only=kw_only)
        added["__match_args__"] = own.places
        return _slotted(plain, own.names, added) if slots else _amended(plain, added)

    return make if cls is None else make(cls)


class _Fields:
    """What ``__init__`` must know of a class: ``places`` may be given by position."""

    def __init__(self, plain: type, *, kw_only: bool) -> None:
        self.by_place: dict[str, bool] = {}
        self.defaults: dict[str, Any] = {}
        self.factories: dict[str, Callable[[], Any]] = {}
        for base in plain.__mro__[:0:-1]:
            if known := vars(base).get(_FIELDS):
                self.by_place |= known.by_place
                self.defaults |= known.defaults
                self.factories |= known.factories
        for name, hint in plain.__annotations__.items():
            if hint in _NAMED_FROM_HERE:
                kw_only = True
            elif not (isinstance(hint, str) and hint.startswith(_NO_FIELD)):
                self._add(name, vars(plain).get(name, MISSING), by_place=not kw_only)
        self.names = tuple(self.by_place)
        self.places = tuple(name for name, by_place in self.by_place.items() if by_place)

    def _add(self, name: str, given: Any, *, by_place: bool) -> None:
        self.by_place[name] = by_place
        for known in (self.defaults, self.factories):
            known.pop(name, None)
        default = given.default if isinstance(given, Field) else given
        if default is not MISSING:
            self.defaults[name] = default
        elif isinstance(given, Field) and given.default_factory is not MISSING:
            self.factories[name] = given.default_factory


class _Description:
    """A class's fields as ``dataclasses`` describes them: by itself, when first asked for."""

    def __init__(self, plain: type, *, kw_only: bool) -> None:
        hints = plain.__annotations__
        given = {name: vars(plain)[name] for name in hints if name in vars(plain)}
        # a class without a text gets its signature for one, which takes longer than all the rest
        self._body = {"__annotations__": hints, "__module__": plain.__module__, "__doc__": "-"}
        self._body |= given
        self._kw_only = kw_only

    def __get__(self, record: object, owner: type) -> dict[str, Field[Any]]:
        made = next(each for each in owner.__mro__ if vars(each).get(_DESCRIBED) is self)
        twin = type(made.__name__, (), self._body)
        decorate = dataclass(init=False, repr=False, eq=False, kw_only=self._kw_only)
        found: dict[str, Field[Any]] = {}
        for each in (*made.__mro__[:0:-1], decorate(twin)):
            found |= getattr(each, _DESCRIBED, {})
        setattr(made, _DESCRIBED, found)
        return found


def _slotted(plain: type[T], names: tuple[str, ...], added: dict[str, Any]) -> Any:
    """The class anew, since a class that is there takes no slots."""
    inherited = {slot for base in plain.__mro__[1:-1] for slot in vars(base).get("__slots__", ())}
    left_out = {"__dict__", "__weakref__", *names}
    body = {name: each for name, each in vars(plain).items() if name not in left_out}
    slots = tuple(name for name in names if name not in inherited)
    body |= {**added, "__slots__": slots, "__qualname__": plain.__qualname__}
    # an abstract class is of another kind than its type
    kind: Any = type(plain)
    return kind(plain.__name__, plain.__bases__, body)


def _amended(plain: type[T], added: dict[str, Any]) -> type[T]:
    """The class itself; what ``field`` says of an attribute is no attribute."""
    for name in [name for name, each in vars(plain).items() if isinstance(each, Field)]:
        delattr(plain, name)
    for name, each in added.items():
        setattr(plain, name, each)
    return plain


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


def _reader(names: tuple[str, ...]) -> Any:
    if len(names) > 1:
        return attrgetter(*names)
    return staticmethod(lambda record: tuple(getattr(record, name) for name in names))


def _repr(self: Any) -> str:
    pairs = (f"{name}={getattr(self, name)!r}" for name in self.__frozen_fields__.names)
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
    return {name: getattr(self, name) for name in self.__frozen_fields__.names}


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
