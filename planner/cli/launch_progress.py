"""How a start goes on, on standard error: a line that changes on a terminal, else plain lines."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from planner.report.parts.safe import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.status import Status

#: what a start does at each stage of its log
_DOING = {
    "start": "starting processes",
    "load": "loading weights",
    "profile": "profiling memory",
    "capture": "sizing the KV cache and warming up",
    "started": "starting the HTTP server",
    "ready": "up",
}


class Progress:
    """Says each stage once, with the seconds it began at."""

    def __init__(self, predicted_s: float | None, *, show_log: bool) -> None:
        self._predicted_s = predicted_s
        self._show_log = show_log
        self._stage = ""
        self._status: Status | None = None

    def say(self, text: str) -> None:
        """One sentence; the next start begins with it."""
        self._tell(without_controls(f"planner: {text}"))
        self._stage = ""

    def stage(self, stage: str, seconds: float) -> None:
        """Say it where it is new; on a terminal count the seconds."""
        if stage != self._stage:
            self._stage = stage
            self._tell(f"planner: {seconds:6.1f} s  {_DOING[stage]}")
        if self._status is not None:
            self._status.update(self._counting(stage, seconds))

    def lines(self, lines: Sequence[str]) -> None:
        """The server's own words, where they were asked for."""
        if self._show_log:
            for line in lines:
                self._tell(without_controls(line))

    def last_lines(self, lines: Sequence[str]) -> None:
        """The end of a log of a server that failed, unless all of it was shown."""
        for line in () if self._show_log else lines:
            click.echo(without_controls(f"  | {line}"), err=True)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """On a terminal, a line with the seconds below what was said."""
        if self._predicted_s:
            self.say(f"about {self._predicted_s:.0f} s are predicted until it answers")
        if not sys.stderr.isatty():
            yield
            return
        # 50 ms, and only a person at a terminal sees it
        from rich.console import Console

        with Console(stderr=True).status("") as self._status:
            yield
        self._status = None

    def done(self) -> None:
        """The start is over: nothing is counted any more."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _tell(self, line: str) -> None:
        """A line of its own, above the one that counts."""
        if self._status is None:
            click.echo(line, err=True)
        else:
            self._status.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _counting(self, stage: str, seconds: float) -> str:
        about = f"; about {self._predicted_s:.0f} s were predicted" if self._predicted_s else ""
        return f"{_DOING[stage]}, {seconds:.0f} s{about}"
