"""How vLLM reads the values of its options: human sizes, choices, JSON.

A reader takes the text that was typed and gives the value, or raises ``ValueError`` with the
reason; who calls it knows the option's name and makes the user's message of both.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

#: how vLLM asks for the longest context that fits
AUTO: Literal["auto"] = "auto"

_HUMAN = re.compile(r"(\d+(?:\.\d+)?)([kKmMgGtT])")
_POWER = {"k": 1, "m": 2, "g": 3, "t": 4}
_BARE_HUMAN = re.compile(r"\b\d+(?:\.\d+)?[kKmMgGtT]\b")
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')


def human_int(text: str) -> int:
    """A whole number; a small suffix letter counts in thousands, a capital one in 1024s.

    Source: vllm.utils.argparse_utils.human_readable_int (0.33.0)

    >>> human_int("1k"), human_int("1K"), human_int("25.6k")
    (1000, 1024, 25600)
    """
    match = _HUMAN.fullmatch(text.strip())
    if match is None:
        return _int(text)
    number, suffix = match.groups()
    if suffix.islower():
        return int(float(number) * 1000 ** _POWER[suffix])
    if "." in number:
        raise ValueError(
            f"a fraction takes a small suffix (thousands): {number}{suffix.lower()}; "
            f"{suffix} counts in 1024s and takes whole numbers only"
        )
    return int(number) << 10 * _POWER[suffix.lower()]


def whole(minimum: int = 1, *, human: bool = False) -> Callable[[str], int]:
    """A reader of whole numbers from ``minimum`` up."""

    def read(text: str) -> int:
        value = human_int(text) if human else _int(text)
        if value < minimum:
            raise ValueError(f"must be {minimum} or more")
        return value

    return read


def length(text: str) -> int | Literal["auto"]:
    """A number of tokens, or ``auto`` (also typed -1): as long as fits.

    Source: vllm.utils.argparse_utils.human_readable_int_or_auto (0.33.0)
    """
    if text.strip().lower() in {"-1", AUTO}:
        return AUTO
    return whole(human=True)(text)


def number(minimum: float = 0.0, maximum: float = float("inf")) -> Callable[[str], float]:
    """A reader of numbers between two bounds; a bound of zero below is left out."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError("is not a number") from None
        if not minimum <= value <= maximum:
            bounds = f"{minimum:g} or more" if maximum == float("inf") else f"0 to {maximum:g}"
            raise ValueError(f"must be {bounds}")
        return value

    return read


def share(text: str) -> float:
    """A part of the whole: above 0, at most 1.

    >>> share("0.95")
    0.95
    """
    value = number(0.0, 1.0)(text)
    if value == 0:
        raise ValueError("must be above 0, at most 1")
    return value


def choice(*known: str) -> Callable[[str], str]:
    """A reader of one of some words."""

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"is none of {', '.join(known)}")
        return text

    return read


def text(typed: str) -> str:
    """Any text, as it is."""
    return typed


def json_object(typed: str) -> dict[str, Any]:
    """A JSON object; bare numbers may carry a human suffix.

    Source: vllm.engine.arg_utils._expand_json_human_readable_numbers (0.33.0)

    >>> json_object('{"tokens": 2k}')
    {'tokens': 2000}
    """
    parts = _QUOTED.split(typed)
    parts[::2] = [_BARE_HUMAN.sub(lambda m: str(human_int(m[0])), part) for part in parts[::2]]
    try:
        value = json.loads("".join(parts))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"is not a JSON object ({error})") from None
    if not isinstance(value, dict):
        # TRY004: the reason is the user's typing, not a type in our code
        raise ValueError("is not a JSON object")  # noqa: TRY004
    return value


def json_or_text(typed: str) -> dict[str, Any] | str:
    """A JSON object where it looks like one, else the text.

    Source: vllm.engine.arg_utils.union_dict_and_str (0.33.0)
    """
    return json_object(typed) if re.fullmatch(r"(?s)\s*{.*}\s*", typed) else typed


def json_or_human(typed: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A JSON value, else a whole number with a human suffix, else the text."""
    for read in (json.loads, human_int):
        try:
            return read(typed)
        except (ValueError, RecursionError):
            continue
    return typed


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("is not a whole number") from None
