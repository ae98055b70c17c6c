"""Frozen, slotted, keyword-only dataclasses, made several times faster than by ``dataclasses``.

The planner has hundreds of small records, and its start is mostly the making of their classes:
``dataclasses`` compiles six functions for each, ``frozen`` compiles one and shares the others.
The result is a dataclass: ``fields``, ``replace``, ``asdict`` and type checkers take it as one.
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

        def initialize(self: T, *values: Any, **named: Any) -> None:
            # compiled for the first instance: many a class is never asked for one
            initializer = _initializer(own, plain)
            made.__init__ = initializer  # type: ignore[method-assign]  # served the first alone
            initializer(self, *values, **named)

        methods = _SHARED | {"__init__": initialize, _VALUES: _reader(own)}
        for name in methods.keys() - vars(plain).keys():
            setattr(made, name, methods[name])
        return made

    return make if cls is None else make(cls)


#: stands for what a field's factory makes
_MADE = object()


def _initializer(own: tuple[Field[Any], ...], plain: type) -> Callable[..., None]:
    """``__init__``: sets every field, past the lock on setting."""
    scope: dict[str, Any] = {"_set": object.__setattr__, "_MADE": _MADE}
    by_place = ["self"]
    by_name = ["*"]
    body = ["pass"]
    for field in own:
        name = parameter = value = field.name
        if field.default is not MISSING:
            scope[f"_default_{name}"] = field.default
            parameter = f"{name}=_default_{name}"
        elif field.default_factory is not MISSING:
            scope[f"_make_{name}"] = field.default_factory
            parameter = f"{name}=_MADE"
            value = f"_make_{name}() if {name} is _MADE else {name}"
        (by_name if field.kw_only else by_place).append(parameter)
        body.append(f"_set(self, {name!r}, {value})")
    parameters = by_place + (by_name if len(by_name) > 1 else [])
    source = f"def __init__({', '.join(parameters)}): {'; '.join(body)}"
    exec(source, scope)  # noqa: S102 - as dataclasses does: it holds names of fields alone
    initializer: Callable[..., None] = scope["__init__"]
    initializer.__qualname__ = f"{plain.__qualname__}.__init__"
    return initializer


#: the attribute of a class that reads all fields of an instance
_VALUES = "__frozen_values__"


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
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    # a copy or a pickle of what has no __dict__ cannot be set attribute by attribute
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
