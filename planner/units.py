"""Bytes, counts and text. The only place where units are converted.

Inside the planner sizes are whole bytes, times are float seconds and lengths are tokens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias, overload

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# texts, so that what only converts units does not wait for numpy
#: a column of the layout table: one whole number a row
Ints: TypeAlias = "npt.NDArray[np.int64]"
#: a column that says yes or no a row
Bools: TypeAlias = "npt.NDArray[np.bool_]"
#: a column of times or rates
Floats: TypeAlias = "npt.NDArray[np.float64]"
#: a formula's argument: one number, or a column of them
IntLike: TypeAlias = "int | Ints"

MIB = 1024**2
GIB = 1024**3
_SECONDS_OF_A_MINUTE = 60
_SECONDS_OF_AN_HOUR = 3600
#: below this many of a unit the smaller one is said
_LONG = 1.5

#: bytes of one element, by torch's name of the dtype
DTYPE_BYTES = {
    "float32": 4,
    "bfloat16": 2,
    "float16": 2,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}


@overload
def ceil_div(numerator: int, denominator: int) -> int: ...
@overload
def ceil_div(numerator: Ints, denominator: IntLike) -> Ints: ...
@overload
def ceil_div(numerator: IntLike, denominator: Ints) -> Ints: ...
def ceil_div(numerator: Any, denominator: Any) -> Any:
    """Whole-number division, rounded up; a number or a column.

    >>> ceil_div(7, 2)
    4
    """
    return -(-numerator // denominator)


@overload
def round_up(value: int, step: int) -> int: ...
@overload
def round_up(value: Ints, step: IntLike) -> Ints: ...
@overload
def round_up(value: IntLike, step: Ints) -> Ints: ...
def round_up(value: Any, step: Any) -> Any:
    """The smallest multiple of ``step`` that is not below ``value``.

    >>> round_up(151_665, 64)
    151680
    """
    return ceil_div(value, step) * step


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt])(ib|b)?", re.IGNORECASE)


def parse_bytes(text: str) -> int:
    """Bytes of a size with its unit: GiB, MiB (1024s) or GB, MB (1000s).

    A bare letter counts as vLLM reads it: a capital one in 1024s, a small one in 1000s.

    Raises:
        ValueError: it is no such size.

    >>> parse_bytes("12GiB"), parse_bytes("1.5 GB"), parse_bytes("2G")
    (12884901888, 1500000000, 2147483648)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError("is not a size with its unit, such as 12GiB or 800MiB")
    number, letter, rest = match.groups()
    binary = letter.isupper() if rest is None else rest.lower() == "ib"
    step = 1024.0 if binary else 1000.0
    power: int = "kmgt".index(letter.lower()) + 1
    return round(float(number) * step**power)


def gib(size_bytes: float) -> float:
    """Bytes as GiB, for showing; a fit is decided on bytes."""
    return size_bytes / GIB


def gib_text(size_bytes: float, digits: int = 1) -> str:
    """Bytes as text in GiB, as vLLM's log prints them.

    >>> gib_text(41_239_000_000)
    '38.4 GiB'
    """
    return f"{size_bytes / GIB:.{digits}f} GiB"


def duration_text(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration_text(42.4), duration_text(150), duration_text(5400)
    ('42 s', '2.5 min', '1.5 h')
    """
    for unit, size in (("h", _SECONDS_OF_AN_HOUR), ("min", _SECONDS_OF_A_MINUTE)):
        if seconds >= _LONG * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def count_text(number: float) -> str:
    """A count with thousands separators, as vLLM's log prints tokens.

    >>> count_text(178880)
    '178,880'
    """
    return f"{number:,.0f}"


def params_text(parameters: int) -> str:
    """A parameter count in the field's short form.

    >>> params_text(671_026_419_200)
    '671.0B'
    """
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if parameters >= size:
            return f"{parameters / size:.1f}{letter}"
    return str(parameters)
