"""What a person sees while an answer takes long, and what a file does not get."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from planner.cli.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def terminal() -> Iterator[int]:
    """A terminal as standard error; what it is sent is read from its other end."""
    ours, theirs = os.openpty()
    with open(theirs, "w", encoding="utf-8") as stderr, pytest.MonkeyPatch.context() as patch:  # noqa: PTH123
        patch.setattr(sys, "stderr", stderr)
        patch.setenv("TERM", "xterm")
        yield ours
    os.close(ours)


def until(end: bytes, terminal: int) -> bytes:
    seen = b""
    while not seen.endswith(end):
        seen += os.read(terminal, 100)
    return seen


def test_on_a_terminal_a_line_tells_what_is_done_and_then_goes_away() -> None:
    with terminal() as shown:
        with waiting("thinking"):
            assert until(b" s", shown).startswith(b"\rplanner: thinking ... ")
        assert until(b"\r\x1b[K", shown)


def test_it_goes_away_when_the_work_is_interrupted() -> None:
    def work(shown: int) -> None:
        until(b" s", shown)
        raise KeyboardInterrupt

    with terminal() as shown:
        with pytest.raises(KeyboardInterrupt), waiting("thinking"):
            work(shown)
        assert until(b"\r\x1b[K", shown)


def test_what_is_quick_is_not_told() -> None:
    with terminal() as shown:
        with waiting("thinking"):
            pass
        os.write(sys.stderr.fileno(), b"end")
        assert until(b"end", shown) == b"end"


def test_a_file_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    with waiting("thinking"):
        pass
    assert stderr.getvalue() == ""
