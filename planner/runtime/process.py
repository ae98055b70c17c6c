"""Start a command, watch it, and end it with everything it started.

Each command runs under a small guard (``process_guard.py``) that is told to stop by a socket
closing. The kernel closes it however this process ends, so nothing stays behind: not after
Ctrl-C, not after ``kill -9``.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.launch.programs import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

_GUARD = path_of("process_guard")
#: what the guard may need beyond the grace: it kills for 30 s at most
_GUARD_S = 40.0


@frozen
class Command:
    """What to run, and how it is asked to end."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    """All of it: nothing is inherited."""
    folder: Path
    """Where it runs."""
    log: Path
    """Standard output and error are appended here."""
    stop_signal: signal.Signals = signal.SIGTERM
    """What asks the command to end."""
    grace_s: float = 10.0
    """Seconds it has to obey before all of it is killed."""


class Process:
    """A command that runs, with all that it started; leaving the ``with`` block ends it."""

    def __init__(self, command: Command) -> None:
        """Start it.

        Raises:
            InvalidInputError: the log cannot be written.
        """
        self.command = command
        self.started_s = time.monotonic()
        self._link, theirs = socket.socketpair()
        try:
            with theirs, _opened(command.log) as log:
                self._guard = subprocess.Popen(  # noqa: S603 - the guard, with the caller's command
                    _guarded(command, theirs.fileno()),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(command.environment),
                    cwd=command.folder,
                    pass_fds=(theirs.fileno(),),
                    # out of the terminal's foreground group: Ctrl-C is for the planner to handle
                    start_new_session=True,
                )
        except BaseException:
            self._link.close()
            raise

    def __enter__(self) -> Self:
        """Nothing more to do: it runs."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.stop()

    @property
    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.started_s

    def fileno(self) -> int:
        """Becomes readable when all of it has ended."""
        return self._link.fileno()

    def wait(self, timeout_s: float | None = None) -> int | None:
        """The exit code (128 and more: a signal) once all of it has ended, or None by then."""
        with suppress(subprocess.TimeoutExpired):
            code = self._guard.wait(timeout_s)
            if code < 0:
                self._kill_group()
            self._link.close()
            return code if code >= 0 else 128 - code
        return None

    def request_stop(self) -> None:
        """Ask it to end, and return at once."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_WR)

    def stop(self) -> int:
        """End it and all that it started; its exit code."""
        self.request_stop()
        code = self.wait(self.command.grace_s + _GUARD_S)
        if code is None:
            self._kill_group()
            code = self.wait()
        return 128 + signal.SIGKILL if code is None else code

    def _kill_group(self) -> None:
        """When the guard itself was killed: it cannot look after the rest any more."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._guard.pid, signal.SIGKILL)


def wait_any(processes: Iterable[Process], timeout_s: float) -> list[Process]:
    """Those that have ended, as soon as there is one; none after the timeout."""
    by_file = {process.fileno(): process for process in processes}
    poll = select.poll()
    for file in by_file:
        poll.register(file, select.POLLIN)
    return [by_file[file] for file, _ in poll.poll(max(0.0, timeout_s) * 1000)]


def stop_all(processes: Sequence[Process]) -> None:
    """End several at the same time."""
    for process in processes:
        process.request_stop()
    for process in processes:
        process.stop()


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, so that it can clean up.

    Only for the main thread, as Python's signal handlers are.
    """

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _guarded(command: Command, link: int) -> list[str]:
    settings = (str(link), str(command.stop_signal.value), str(command.grace_s))
    return [sys.executable, "-I", "-S", str(_GUARD), *settings, *command.argv]


@contextmanager
def _opened(log: Path) -> Iterator[int]:
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise InvalidInputError(
            f"the log {log} cannot be written: {error.strerror}",
            fix="name a folder that can be written",
        ) from None
    try:
        yield file
    finally:
        os.close(file)
