"""Reads the log of a start of vLLM, line by line, into facts.

Pure: text in, facts out. Lines may carry colours, prefixes of containers and collectors, the
tags of processes, or lie in JSON objects; files may be cut, and hold several starts.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.vllm.log.patterns import failure_texts, patterns
from planner.vllm.log.process import process_of
from planner.vllm.log.start import Start
from planner.vllm.log.summary import summary
from planner.vllm.log.text import STANDARD_INPUT, file_lines, is_part, messages

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from planner.vllm.log.figures import LogFacts
    from planner.vllm.log.patterns import Pattern

#: lines with which a start begins: the server's, or the engine's own
_BEGINNINGS = ("vLLM API server version", " LLM engine (v", "non-default args: {")
#: what a line of a traceback's end holds
_ERROR_MARKS = ("Error", "Exception")


def read_log(path: Path) -> LogFacts:
    """The facts of a log file: UTF-8 or UTF-16, gzip or plain; ``-`` is standard input.

    Raises:
        InvalidInputError: it cannot be read, or vLLM did not write it.
    """
    name = "standard input" if str(path) == STANDARD_INPUT else str(path)
    return read_lines(file_lines(path), name=name)


def read_lines(lines: Iterable[str], *, name: str = "log") -> LogFacts:
    """The facts of a log's lines, each with or without its end.

    Raises:
        InvalidInputError: nothing in them is vLLM's.
    """
    reader = LogReader()
    for line in lines:
        reader.feed(line)
    return reader.facts(name)


class LogReader:
    """Takes lines and keeps what they say."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._starts = [Start()]
        self._hash = hashlib.sha256()
        self._lines = 0
        self._has_ends = False
        self._names_vllm = False
        self._patterns = tuple((p.has, p) for p in patterns())
        self._beginnings = tuple((has, p) for has, p in self._patterns if has in _BEGINNINGS)
        self._failures = (*_ERROR_MARKS, *failure_texts())

    def feed(self, line: str) -> None:
        """Take one line, with or without its end."""
        self._lines += 1
        ended = line.endswith("\n")
        self._has_ends |= ended
        text = line.rstrip("\r\n")
        self._hash.update(text.encode("utf-8", "replace"))
        self._hash.update(b"\n")
        if not self._names_vllm:
            self._names_vllm = "vllm" in text.lower()
        # a server that answers prints for days, and only a new start is of interest then
        ready = self._starts[-1].is_ready
        wanted = self._beginnings if ready else self._patterns
        found = [pattern for has, pattern in wanted if has in text]
        failed = any(mark in text for mark in self._failures)
        if found or failed:
            # in a text with line ends, a line without is the last of a file that was cut
            cut = (self._has_ends and not ended) or is_part(text)
            for message in messages(text):
                self._message(message, found, cut=cut, failed=failed)

    def _message(self, message: str, found: list[Pattern], *, cut: bool, failed: bool) -> None:
        process = process_of(message)
        if found and any(mark in message for mark in _BEGINNINGS):
            if self._starts[-1].is_over(message, process):
                self._starts.append(Start())
            self._starts[-1].begin(message, process)
        start = self._starts[-1]
        for pattern in found:
            if pattern.has in message:
                start.match(pattern, message, process, cut=cut)
        if failed and any(mark in message for mark in self._failures):
            start.error(message, self._lines)

    def facts(self, name: str = "log") -> LogFacts:
        """What was read so far.

        Raises:
            InvalidInputError: nothing of it is vLLM's.
        """
        told = [start for start in self._starts if start.tells]
        failed = [start for start in self._starts if start.errors] if self._names_vllm else []
        if not told and not failed:
            raise InvalidInputError(
                f"{name} holds no line of a start of vLLM",
                cause=f"none of its {self._lines:,} lines is one that vLLM 0.6 to 0.33 prints "
                "about its version, options, memory or failure",
                fix="give what the server printed, from its first line on: "
                "kubectl logs POD, docker logs NAME",
            )
        loaded = [start for start in told if start.ranks_with_sizes]
        chosen = (loaded or told or failed)[-1]
        return summary(
            chosen,
            name=name,
            sha256=self._hash.hexdigest(),
            starts=len({*map(id, told), *map(id, failed)}),
        )
