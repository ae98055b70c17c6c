"""Data files into frozen dataclasses: unknown keys, wrong types and odd numbers are refused.

The dataclass is the schema: its annotations say what a file may hold.
"""
# ruff: noqa: ANN401, parsed files hold anything

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from planner.errors import InvalidInputError, nearest

T = TypeVar("T")

#: above any byte count, rate or number of nodes that is not a slip of the keyboard
_LARGEST = 1e20
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


@cache
def file_fields(kind: type) -> dict[str, tuple[Field[Any], Any]]:
    """The keys a file of this kind may hold, with their field and resolved type."""
    hints = get_type_hints(kind)
    written = (f for f in fields(kind) if f.metadata.get("in_file", True))
    return {f.metadata.get("key", f.name): (f, hints[f.name]) for f in written}


def read_record(kind: type[T], document: Mapping[str, Any], where: str) -> T:
    """Build ``kind`` from a parsed file.

    Raises:
        InvalidInputError: an unknown or missing key, a wrong type, a negative or endless number;
            ``where`` names the file in the message.
    """
    plain: type = kind
    known = file_fields(plain)
    for key in document:
        if key not in known:
            near = nearest(str(key), known)
            fix = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
            raise InvalidInputError(f"{where}: unknown key {_short(key)}", fix=fix)
    values: dict[str, Any] = {}
    for name, (spec, hint) in known.items():
        if name in document:
            values[spec.name] = convert(hint, document[name], f"{where}: {name}")
        elif spec.default is MISSING and spec.default_factory is MISSING:
            msg = f"{where}: {name} is missing"
            raise InvalidInputError(msg, fix=f"add {name} = …")
    return kind(**values)


def convert(hint: Any, value: Any, where: str) -> Any:
    """One value as its annotation wants it; ``where`` names it in messages."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return convert(next(a for a in args if a is not type(None)), value, where)
    if origin is Literal:
        return _choice(args, value, where)
    if origin is tuple:
        return _sequence(args, value, where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise _wrong(where, value, "a table")
        return {k: convert(args[1], v, f"{where}.{_short(k)}") for k, v in value.items()}
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise _wrong(where, value, "a table")
        return read_record(hint, value, where)
    return _scalar(hint, value, where)


def _choice(allowed: tuple[Any, ...], value: Any, where: str) -> Any:
    if value not in allowed:
        raise _wrong(where, value, "one of " + ", ".join(map(str, allowed)))
    return value


def _sequence(items: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _wrong(where, value, "a list")
    if items[-1] is Ellipsis:
        return tuple(convert(items[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if len(value) != len(items):
        raise _wrong(where, value, f"{len(items)} values")
    return tuple(convert(h, v, where) for h, v in zip(items, value, strict=True))


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise _wrong(where, value, "a date such as 2026-11-22")
        return value
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    fitting = numeric if hint is float else isinstance(value, hint)
    if not fitting or (hint is int and isinstance(value, bool)):
        raise _wrong(where, value, _WORDS[hint])
    if numeric and not 0 <= value <= _LARGEST:
        raise _wrong(where, value, f"a number from 0 to {_LARGEST:g}")
    return float(value) if hint is float else value


def _wrong(where: str, value: Any, wanted: str) -> InvalidInputError:
    odd = isinstance(value, float) and not math.isfinite(value)
    shown = "no finite number" if odd else _short(value)
    return InvalidInputError(f"{where} is {shown}", fix=f"give {wanted}")


def _short(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "…"
