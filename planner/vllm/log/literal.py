"""What Python prints of a dict or an ``argparse.Namespace``, taken apart without evaluating it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN, _CLOSE = "([{", ")]}"
#: how an enumeration's member prints: ``<LoadFormat.AUTO: 'auto'>``
_MEMBER = re.compile(r"<[\w.]*\b(?P<name>\w+): (?P<value>[^<>]*)>")
_KEY = re.compile(
    r"""^\s*(?:(?P<word>[A-Za-z_]\w*)\s*=|(?P<quote>['"])(?P<name>[\w.-]+)(?P=quote)\s*:)"""
)


def pairs(text: str, *, whole: bool = True) -> dict[str, str]:
    """``key=value, …`` or ``{'key': value, …}`` as texts, up to the bracket that ends it.

    ``whole`` False: the text was cut, so its last value is left out.

    >>> pairs("model='a, b', dtype=torch.float16, n=[1, 2])")
    {'model': "'a, b'", 'dtype': 'torch.float16', 'n': '[1, 2]'}
    """
    body = text.removeprefix("{")
    pieces, closed = _pieces(body)
    if not closed and not whole:
        pieces = pieces[:-1]
    found: dict[str, str] = {}
    for piece in pieces:
        match = _KEY.match(piece)
        if match:
            found[match["word"] or match["name"]] = piece[match.end() :].strip()
    return found


def value(text: str) -> Any:  # noqa: ANN401 - whatever Python prints
    """A printed value; the text itself where it is none of Python's own.

    A member that stands for a pair is named.

    >>> value("0.9"), value("<LoadFormat.AUTO: 'auto'>"), value("torch.bfloat16")
    (0.9, 'auto', 'torch.bfloat16')
    >>> value("<CUDAGraphMode.FULL_DECODE_ONLY: (2, 0)>")
    'FULL_DECODE_ONLY'
    """
    plain = _MEMBER.sub(_member, text)
    try:
        return ast.literal_eval(plain)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _member(match: re.Match[str]) -> str:
    return repr(match["name"]) if match["value"].startswith("(") else match["value"]


def _pieces(text: str) -> tuple[list[str], bool]:
    """What stands between the commas of the outermost level, and whether a bracket ended it."""
    pieces, start, depth = [], 0, 0
    for at, sign in _signs(text):
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth -= 1
            if depth < 0:
                pieces.append(text[start:at])
                return pieces, True
        elif depth == 0:
            pieces.append(text[start:at])
            start = at + 1
    pieces.append(text[start:])
    return pieces, False


_SIGNS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[()\[\]{},]""")


def _signs(text: str) -> Iterator[tuple[int, str]]:
    """Brackets and commas outside quotes."""
    for match in _SIGNS.finditer(text):
        if len(match.group()) == 1:
            yield match.start(), match.group()
