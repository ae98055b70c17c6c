"""Reads the log of a start of vLLM, line by line, into facts.

Pure: text in, facts out. Lines may carry colours, prefixes of containers and collectors, the
tags of processes, or lie in JSON objects; files may be cut, and hold several starts.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.vllm.log.figures import STAGES
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
        self._start = Start()
        # of the starts before it: how many, the last that tells how it went, the last of all
        self._count = 0
        self._telling: Start | None = None
        self._latest: Start | None = None
        self._hash = hashlib.sha256()
        self._lines = 0
        self._has_ends = False
        self._names_vllm = False
        self._patterns = tuple((p.has, p) for p in patterns())
        self._beginnings = tuple((has, p) for has, p in self._patterns if has in _BEGINNINGS)
        self._failures = (*_ERROR_MARKS, *failure_texts())

    @property
    def stage(self) -> str:
        """How far the start that is being read has come: one of ``STAGES``."""
        return STAGES[self._start.stage]

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
        ready = self._start.is_ready
        wanted = self._beginnings if ready else self._patterns
        found = [pattern for has, pattern in wanted if has in text]
        failed = _holds(text, self._failures)
        if found or failed:
            # in a text with line ends, a line without is the last of a file that was cut
            cut = (self._has_ends and not ended) or is_part(text)
            for message in messages(text):
                self._message(message, found, cut=cut, failed=failed)

    def _message(self, message: str, found: list[Pattern], *, cut: bool, failed: bool) -> None:
        process = process_of(message)
        if found and _holds(message, _BEGINNINGS):
            if self._start.is_over(message, process):
                self._close()
            self._start.begin(message, process)
        start = self._start
        for pattern in found:
            if pattern.has in message:
                start.match(pattern, message, process, cut=cut)
        if failed and _holds(message, self._failures):
            start.error(message, self._lines)

    def _close(self) -> None:
        """The start that was read is over; a pod may restart for days, so few are kept."""
        self._count += 1
        self._latest = self._start
        if self._start.tells_how_it_went:
            self._telling = self._start
        self._start = Start()

    def facts(self, name: str = "log") -> LogFacts:
        """What was read so far.

        Raises:
            InvalidInputError: nothing of it is vLLM's.
        """
        now = self._start
        found = now.tells or (self._names_vllm and bool(now.errors))
        last = now if found and now.tells_how_it_went else self._telling
        chosen = last or (now if found else self._latest)
        if chosen is None:
            raise InvalidInputError(
                f"{name} holds no line of a start of vLLM",
                cause=f"none of its {self._lines:,} lines is one that vLLM 0.6 to 0.33 prints "
                "about its version, options, memory or failure",
                fix="give what the server printed, from its first line on: "
                "kubectl logs POD, docker logs NAME",
            )
        starts = self._count + found
        return summary(chosen, name=name, sha256=self._hash.hexdigest(), starts=starts)


def _holds(text: str, marks: Iterable[str]) -> bool:
    # a plain loop: every line of a file of some 100 MB comes by here
    for mark in marks:  # noqa: SIM110
        if mark in text:
            return True
    return False
