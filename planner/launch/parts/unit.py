"""Unit files of systemd: settings as data, each word quoted as systemd reads it.

Source: systemd.syntax(7), systemd.service(5) and systemd.exec(5)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Sections: TypeAlias = "Sequence[tuple[str, Sequence[tuple[str, str]]]]"

_PLAIN = re.compile(r"[A-Za-z0-9_./:=@,+-]+")
_ESCAPED = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t", "%": "%%"}
_SPACE, _DELETE = 0x20, 0x7F


def unit(sections: Sections) -> str:
    """The whole file; values are as ``words`` and ``variable`` make them."""
    blocks = (
        "".join([f"[{name}]\n", *(f"{key}={value}\n" for key, value in settings)])
        for name, settings in sections
    )
    return "\n".join(blocks)


def words(argv: Iterable[str]) -> str:
    """A command for ``ExecStart=`` and its like: no variable and no specifier is filled in.

    >>> print(words(["/bin/echo", "100% of $HOME", "it's"]))
    /bin/echo "100%% of $$HOME" "it's"
    """
    return " ".join(_quoted(word).replace("$", "$$") for word in argv)


def variable(name: str, value: str) -> str:
    """An assignment for ``Environment=``, where a dollar sign means nothing.

    >>> print(variable("PRICE", "5 $"))
    "PRICE=5 $"
    """
    return _quoted(f"{name}={value}")


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return f'"{"".join(map(_escaped, word))}"'


def _escaped(letter: str) -> str:
    code = ord(letter)
    if letter in _ESCAPED:
        return _ESCAPED[letter]
    return f"\\x{code:02x}" if code < _SPACE or code == _DELETE else letter
