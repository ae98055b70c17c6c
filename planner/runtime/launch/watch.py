"""A deployment that runs: its processes, and the server's log as it grows."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol, TypeVar

from planner.errors import InvalidInputError, ServerFailedError
from planner.runtime.calibrate.log_findings import is_general, log_findings, unknown_errors
from planner.runtime.process import Process, wait_any
from planner.vllm.log import LogReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from planner.finding import Finding
    from planner.runtime.launch.client import Client
    from planner.vllm.log import LogFacts

T = TypeVar("T")
_POLL_S = 0.25
#: between two questions whether the server is up
_ASK_S = 1.0
#: a server whose engine has died ends within that
_DYING_S = 5.0
#: what vLLM's server says of an engine that was killed, before it ends with 0
_ENGINE_DIED = "EngineDeadError"
_LAST_LINES = 20
_READ_BYTES = 1 << 20


class Display(Protocol):
    """Shows how a start goes on."""

    def say(self, text: str) -> None:
        """One sentence."""

    def stage(self, stage: str, seconds: float) -> None:
        """How far it has come, again and again."""

    def lines(self, lines: Sequence[str]) -> None:
        """What the server printed."""


class CrashError(ServerFailedError):
    """The server ended, or did not come up in time.

    Attributes:
        facts: what its log says; None where it printed nothing of vLLM's.
        findings: the rules that know the errors of its log.
        tail: the log's last lines.
    """

    def __init__(
        self, what: str, facts: LogFacts | None, findings: Sequence[Finding], tail: Sequence[str]
    ) -> None:
        unknown = [each.text for each in unknown_errors(facts)] if facts else []
        told = [each for each in findings if not unknown or not is_general(each)]
        super().__init__(
            f"{what}: {told[0].code} {told[0].message}"
            if told
            else ": ".join([what, *unknown[:1]]),
            cause=told[0].cause if told else "",
            fix=told[0].fix if told else "",
        )
        self.facts = facts
        self.findings = tuple(findings)
        self.tail = tuple(tail)


class GrowingLog:
    """A log that is read while it is written."""

    def __init__(self, path: Path, *, skip_bytes: int = 0, most_bytes: int | None = None) -> None:
        """Begin behind what stood there before.

        Args:
            path: the log; who writes it appends.
            skip_bytes: what stood there before.
            most_bytes: it is emptied when more was read, where nobody wants to keep it: a server
                prints a line for each request, for weeks.
        """
        self._path = path
        self._most_bytes = most_bytes
        self._place = skip_bytes
        self._rest = b""
        self._reader = LogReader()
        self.tail: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def stage(self) -> str:
        """How far the start has come."""
        return self._reader.stage

    def read(self, *, all_of_it: bool = False) -> list[str]:
        """The lines that are new; the last, unfinished one only when all of it is asked for."""
        with self._path.open("rb") as file:
            file.seek(self._place)
            new = file.read(_READ_BYTES)
        self._place += len(new)
        caught_up = len(new) < _READ_BYTES
        if caught_up and self._most_bytes is not None and self._place > self._most_bytes:
            os.truncate(self._path, 0)
            self._place = 0
        *whole, self._rest = (self._rest + new).split(b"\n")
        if all_of_it and self._rest:
            whole.append(self._rest)
            self._rest = b""
        lines = [line.decode("utf-8", "replace").rstrip("\r") for line in whole]
        for line in lines:
            self._reader.feed(f"{line}\n")
        self.tail.extend(line for line in lines if line.strip())
        return lines

    def facts(self) -> LogFacts | None:
        """What it says; None where nothing of it is vLLM's."""
        try:
            return self._reader.facts("the server's log")
        except InvalidInputError:
            return None


class Deployment:
    """Processes that serve together, and the log of the one that answers."""

    def __init__(self, processes: Sequence[Process], log: GrowingLog, display: Display) -> None:
        """They run already."""
        self.processes = tuple(processes)
        self.log = log
        self._display = display

    @property
    def seconds(self) -> float:
        """Since the first was started."""
        return max(process.seconds for process in self.processes)

    def wait_ready(self, client: Client, timeout_s: float) -> float:
        """Wait until the server says that it is healthy; the seconds that took.

        Raises:
            CrashError: a process ended, or the time is over.
        """
        asked_s = time.monotonic()
        while True:
            self._follow()
            if self.seconds > timeout_s:
                raise self._crash(f"the server does not answer after {timeout_s:g} s")
            if time.monotonic() - asked_s > _ASK_S:
                if client.answers():
                    self._follow()
                    return self.seconds
                asked_s = time.monotonic()

    def asked(self, ask: Callable[[], T]) -> T:
        """What a request gives; a server that dies of it is told by its log.

        Raises:
            CrashError: it ended.
            ServerFailedError: it runs on, and has no answer.
        """
        try:
            return ask()
        except ServerFailedError:
            until_s = self.seconds + _DYING_S
            while self.seconds < until_s:
                self._follow()
            raise

    def wait_end(self) -> None:
        """Wait until the server ends by itself.

        Raises:
            CrashError: it did not end well.
        """
        while self._follow(may_end=True):
            pass

    def _follow(self, *, may_end: bool = False) -> bool:
        """Look at the log and the processes for a moment; whether they run on.

        Raises:
            CrashError: one ended; with ``may_end``, one ended badly.
        """
        ended = wait_any(self.processes, _POLL_S)
        self._display.lines(self.log.read())
        self._display.stage(self.log.stage, self.seconds)
        if not ended:
            return True
        code = ended[0].wait()
        if may_end and code == 0 and not self._failed():
            return False
        when = "" if self.log.stage == "ready" else " before it was ready"
        raise self._crash(f"the server ended with code {code}{when}")

    def _failed(self) -> bool:
        """Whether the log tells a failure: vLLM ends with 0 when its engine has died."""
        while lines := self.log.read(all_of_it=True):
            self._display.lines(lines)
        facts = self.log.facts()
        if facts is None:
            return False
        died = any(_ENGINE_DIED in error.text for error in facts.errors)
        return died or bool(log_findings(facts))

    def _crash(self, what: str) -> CrashError:
        while lines := self.log.read(all_of_it=True):
            self._display.lines(lines)
        facts = self.log.facts()
        return CrashError(what, facts, log_findings(facts) if facts else (), self.log.tail)
