"""The log of a measured case: its lines as they are kept, and why it failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.vllm.log import read_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: a start prints less; of more, the beginning and the end are kept
_MOST_CHARACTERS = 400_000
_LONGEST_LINE = 20_000
_TAIL_LINES = 40
#: errors that only say that there was another
_ONLY_WRAPS = re.compile(r"\d+ validation errors? for |See root cause above|initialization failed")


def log_lines(path: Path) -> list[str]:
    """The lines of a log, without the strokes of progress bars that were drawn over."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return []
    lines = []
    for line in text.split("\n"):
        last = [part for part in line.split("\r") if part.strip()]
        if last:
            lines.append(last[-1].rstrip()[:_LONGEST_LINE])
    return _bounded(lines)


def _bounded(lines: list[str]) -> list[str]:
    if sum(map(len, lines)) <= _MOST_CHARACTERS:
        return lines
    head = _within(lines, _MOST_CHARACTERS * 3 // 4)
    tail = _within(lines[::-1], _MOST_CHARACTERS // 4)[::-1]
    return [*head, "…", *tail]


def _within(lines: Sequence[str], most: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        most -= len(line)
        if most < 0:
            break
        kept.append(line)
    return kept


def failure(lines: Sequence[str]) -> dict[str, Any]:
    """The last lines, the first error that the log reader finds, and how far the start came."""
    told: dict[str, Any] = {"tail": list(lines[-_TAIL_LINES:])}
    try:
        facts = read_lines(lines)
    except InvalidInputError:
        facts = None
    if facts is not None:
        told["stage"] = facts.stage
    errors = [error.text for error in facts.errors] if facts is not None else []
    said = [text for text in errors if not _ONLY_WRAPS.search(text)] or errors or lines[-1:]
    return {**told, "error": said[0]} if said else told
