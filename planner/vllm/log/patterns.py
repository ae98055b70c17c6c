"""The lines that say something, compiled from ``lines/*.toml``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from planner.frozen import frozen

_FOLDER = Path(__file__).parent / "lines"
_PLACEHOLDER = re.compile(r"(?<!\?P)<(?P<name>\w*_(?P<kind>gib|bytes|n|s|x))>")
_WHOLE = r"\d{1,3}(?:,\d{3})+|\d{1,15}"
_DECIMAL = r"\d{1,9}(?:\.\d{1,9})?"
#: a number's text, by what its name ends with
_NUMBERS = {"gib": f"-?{_DECIMAL}", "bytes": r"-?\d{1,15}", "n": _WHOLE, "s": _DECIMAL}

Scope = Literal["rank", "engine"]


@frozen
class Pattern:
    """One line: what it holds, and its facts as named groups.

    Attributes:
        has: a piece of text that every such line holds.
        scope: whose fact it is.
        stage: how far a start has come that prints it; empty where it does not matter.
        weak: other programs print such a line too.
    """

    has: str
    regex: re.Pattern[str]
    scope: Scope
    stage: str
    weak: bool


@cache
def patterns() -> tuple[Pattern, ...]:
    """Every line that says something."""
    return tuple(
        Pattern(
            has=entry["has"],
            regex=re.compile(expanded(entry["text"])),
            scope=entry["scope"],
            stage=entry.get("stage", ""),
            weak=entry.get("weak", False),
        )
        for file in _files()
        for entry in file.get("line", ())
    )


@cache
def failure_texts() -> tuple[str, ...]:
    """What a failure looks like, beside the last line of a traceback."""
    return tuple(text for file in _files() for text in file.get("failure", {}).get("has", ()))


def expanded(text: str) -> str:
    """A regular expression with its placeholders written out.

    A number must not go on behind its last digit: what a truncated file leaves of one, or a
    number of another form, is none.

    >>> re.search(expanded("took <weights_gib> GiB"), "took 14.25 GiB")["weights_gib"]
    '14.25'
    """
    return _PLACEHOLDER.sub(_number, text)


def _number(match: re.Match[str]) -> str:
    number = _NUMBERS.get(match["kind"], _DECIMAL)
    name = match["name"]
    group = "?:" if name.startswith("_") else f"?P<{name}>"
    return rf"(?<![\d.,])({group}{number})(?![\d.,]*\d)"


@cache
def _files() -> tuple[dict[str, Any], ...]:
    paths = sorted(_FOLDER.glob("*.toml"))
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")) for path in paths)
