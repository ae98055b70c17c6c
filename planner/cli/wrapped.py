"""Pages of explanations, written for a wide screen, set for a narrow one."""

from __future__ import annotations

import re
import textwrap

#: a line that ends beyond this column was broken because it was full, not because it was over
_FULL = 84
#: a word in a column of its own begins a line that stands for itself
_LISTED = re.compile(r"\s*\S+ {2,}\S")
#: a code with its severity, a name with spaces behind it: what follows stands under what followed
_LABEL = re.compile(r"\s*\S+(?: {2,}\S+)?(?: {2,})|\s*[-*] |\s*")


def wrapped(text: str, width: int) -> str:
    """The text with lines no longer than ``width``, where its words allow it.

    Lines that were broken because they were full are joined first; others stay apart, so an
    example of two commands stays two.

    >>> print(wrapped("  one two three four", 12), end="")
      one two
      three four
    """
    lines = (line for joined in _joined(text.splitlines()) for line in _broken(joined, width))
    return "".join(f"{line}\n" for line in lines)


def _joined(lines: list[str]) -> list[str]:
    whole: list[str] = []
    last = ""
    for line in lines:
        word = line.lstrip().partition(" ")[0]
        was_full = len(last) + len(word) >= _FULL
        listed = _LISTED.match(line)
        if word and was_full and not listed and _indent(line) == _indent(last):
            whole[-1] += f" {line.lstrip()}"
        else:
            whole.append(line)
        last = line
    return whole


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _broken(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    label = _LABEL.match(line)
    under = " " * min(label.end() if label else 0, width // 2)
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=under,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
