"""A manual page, laid out for the width that there is."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

#: before options and commands, which keep their lines
_KEPT = ("--", "[", "{")


def rule_page(text: str) -> RenderableType:
    """Paragraphs that fill the lines, headings that stand out."""
    title, _, body = text.partition("\n")
    parts: list[RenderableType] = [Text(title, "bold")]
    for indent, lines in groupby(body.splitlines(), key=_indent):
        paragraph = [line.strip() for line in lines]
        if not any(paragraph):
            parts.append(Text())
        elif indent == 0:
            parts += [Text(line, "bold" if line.endswith(":") else "") for line in paragraph]
        else:
            parts += [Padding(Text(each), (0, 0, 0, indent)) for each in _joined(paragraph)]
    return Group(*parts)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else 0


def _joined(lines: list[str]) -> list[str]:
    """Lines of one paragraph as one; examples stay apart."""
    joined: list[str] = []
    for line in lines:
        if joined and line and joined[-1] and not line.startswith(_KEPT):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined
