"""Text from files that nobody has to trust, made safe to show."""

from __future__ import annotations

import re

#: a sequence that sets a colour; all others could move the cursor, rename the window or worse
_NOT_A_COLOUR = r"\x1b(?!\[[0-9;]*m)"
_CONTROLS = r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]"
_BESIDE_COLOURS = re.compile(f"{_NOT_A_COLOUR}|{_CONTROLS}")
_ALL = re.compile(r"\x1b|" + _CONTROLS)
#: what no XML file may hold beside them: half characters, and two that are none
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


def without_controls(text: str, *, colours: bool = False) -> str:
    """The text with control characters shown as a mark; newlines and tabs stay.

    ``colours`` keeps the sequences that set a colour.
    """
    return (_BESIDE_COLOURS if colours else _ALL).sub("\ufffd", text)


def xml_text(text: str) -> str:
    """The text with what XML cannot hold shown as a mark.

    Source: XML 1.0, 2.2 Characters
    """
    return _NOT_XML.sub("\ufffd", without_controls(text))
