"""What a person at a terminal sees while an answer takes long: one line that then goes away."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

#: seconds in which nobody wonders yet
_PATIENCE_S = 0.3
_BETWEEN_S = 0.25
_ERASE = "\r\x1b[K"


@contextmanager
def waiting(doing: str) -> Iterator[None]:
    """Tell on a terminal's standard error what is done, and for how long, until it is over.

    Nothing is written to a file or a pipe, on a dumb terminal, or within the first 0.3 s.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    import threading  # only a terminal needs it

    over = threading.Event()
    teller = threading.Thread(target=_tell, args=(doing, over), daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _tell(doing: str, over: threading.Event) -> None:
    import time

    began = time.monotonic()
    if over.wait(_PATIENCE_S):
        return
    try:
        while not over.is_set():
            text = f"planner: {doing} ... {time.monotonic() - began:.0f} s"
            _put(f"\r{text[: _columns() - 1]}")
            over.wait(_BETWEEN_S)
    finally:
        _put(_ERASE)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _put(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
