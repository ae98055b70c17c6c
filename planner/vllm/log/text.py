"""A log file as lines of text: compressed or not, in colours, wrapped in JSON, of any length."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import sys
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from planner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: the longest line vLLM prints is its configuration, some 20 kB
LONGEST_LINE_BYTES = 256 * 1024
#: a start is told in the first megabytes; a longer file is cut, with a note
MOST_BYTES = 4 * 1024**3
#: the name under which a program reads what another one prints
STANDARD_INPUT = "-"
_GZIP = b"\x1f\x8b"
#: of one character, at most
_UTF8_BYTES = 4
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_COLOUR = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
#: under which key a logger, a container runtime or a collector keeps the text
_MESSAGE_KEYS = ("message", "msg", "log", "text", "MESSAGE", "textPayload", "body", "event", "line")
_NESTED_KEYS = ("jsonPayload", "record", "fields", "data")
#: beside it: the traceback
_TRACEBACK_KEYS = ("exc_info", "exception", "stack", "exc_text")
#: a line that a container runtime split goes on in the next
_CRI_PART = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d) std(?:out|err) P ")


def file_lines(path: Path) -> Iterator[str]:
    """The lines of a file with their ends, so that a last one that was cut is seen.

    UTF-8 or UTF-16, gzip or plain; ``-`` is standard input. A line beyond
    ``LONGEST_LINE_BYTES`` is cut there.

    Raises:
        InvalidInputError: it cannot be read.
    """
    try:
        if str(path) == STANDARD_INPUT:
            with _plain(sys.stdin.buffer) as text:
                yield from _lines(text, "standard input")
            return
        with path.open("rb") as file, _plain(file) as text:
            yield from _lines(text, str(path))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInputError(
            f"{path} cannot be read: {reason.lower()}",
            fix="name a file that holds what the server printed",
        ) from None


class _Readable(Protocol):
    def readline(self, size: int, /) -> bytes:
        """One line, of ``size`` bytes at most."""


@contextmanager
def _plain(file: BinaryIO) -> Iterator[_Readable]:
    """The stream behind a gzip wrapper or UTF-16."""
    start = file.peek(2)[:2] if isinstance(file, io.BufferedReader) else b""
    if start == _GZIP:
        with gzip.GzipFile(fileobj=file) as packed:
            yield packed
    elif start in _UTF16:
        text = io.TextIOWrapper(file, encoding="utf-16", errors="replace", newline="\n")
        yield _Encoded(text)
        text.detach()
    else:
        yield file


class _Encoded:
    """UTF-16 text read line by line as UTF-8."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def readline(self, size: int, /) -> bytes:
        """One line, of ``size`` bytes at most."""
        return self._text.readline(size // _UTF8_BYTES).encode("utf-8", "replace")


def _lines(file: _Readable, name: str) -> Iterator[str]:
    left = MOST_BYTES
    try:
        while left > 0 and (line := file.readline(LONGEST_LINE_BYTES)):
            left -= len(line)
            yield line.decode("utf-8", "replace")
            while not line.endswith(b"\n") and len(line) == LONGEST_LINE_BYTES:
                line = file.readline(LONGEST_LINE_BYTES)
                left -= len(line)
    except EOFError:
        # a compressed file that was cut: what came out of it so far is as good as a cut text
        return
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInputError(
            f"{name} is no whole gzip file: {error}", fix="compress it anew, or give the plain text"
        ) from None


def without_colours(line: str) -> str:
    r"""A line without a terminal's control sequences.

    >>> without_colours("\x1b[1;36m(EngineCore pid=7)\x1b[0;0m INFO")
    '(EngineCore pid=7) INFO'
    """
    return _COLOUR.sub("", line) if "\x1b" in line else line


def is_part(line: str) -> bool:
    """Whether a container runtime split the line here, so that its end is no end."""
    return _CRI_PART.match(line) is not None


def messages(line: str) -> list[str]:
    """The texts a line holds: itself, or what a JSON object in it says; progress bars apart.

    >>> messages('vllm-0 {"level": "INFO", "message": "Model loading took 14.25 GiB"}')
    ['vllm-0 Model loading took 14.25 GiB']
    """
    text = without_colours(line).rstrip("\r\n")
    start = text.find('{"')
    if start >= 0 and text.rstrip().endswith("}"):
        text = _unwrapped(text, start)
    return [without_colours(part) for part in re.split(r"[\r\n]+", text) if part.strip()]


def _unwrapped(text: str, start: int) -> str:
    try:
        # deep nesting is no log line, and would exhaust the stack
        record = json.loads(text[start:])
    except (ValueError, RecursionError):
        return text
    found = _message(record)
    return text if found is None else f"{text[:start]}{_origin(record)}{found}"


def _message(record: dict[str, Any]) -> str | None:
    for key in _NESTED_KEYS:
        if isinstance(record.get(key), dict):
            inner = _message(record[key])
            if inner is not None:
                return inner
    parts = [record[key] for key in _MESSAGE_KEYS if isinstance(record.get(key), str)][:1]
    if not parts:
        return None
    parts += [record[key] for key in _TRACEBACK_KEYS if isinstance(record.get(key), str)]
    return "\n".join(parts)


def _origin(record: dict[str, Any]) -> str:
    """The process, as vLLM's own prefix names it, where the object says so."""
    name, pid = record.get("processName"), record.get("process")
    if isinstance(name, str) and isinstance(pid, int):
        return f"({name} pid={pid}) "
    return ""
