"""Text from files that nobody has to trust, made safe to show."""

from __future__ import annotations

import re

#: a sequence that sets a colour; all others could move the cursor, rename the window or worse
_NOT_A_COLOUR = r"\x1b(?!\[[0-9;]*m)"
_CONTROLS = r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]"
_BESIDE_COLOURS = re.compile(f"{_NOT_A_COLOUR}|{_CONTROLS}")
_ALL = re.compile(r"\x1b|" + _CONTROLS)


def without_controls(text: str, *, colours: bool = False) -> str:
    """The text with control characters shown as a mark; newlines and tabs stay.

    ``colours`` keeps the sequences that set a colour.
    """
    return (_BESIDE_COLOURS if colours else _ALL).sub("\ufffd", text)
