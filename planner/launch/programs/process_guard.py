"""Runs one command and ends all that it started, also when the planner is killed.

A program of its own, started by ``process.py`` in a session of its own:
``python -I -S process_guard.py LINK SIGNAL GRACE_S COMMAND…``. LINK is one end of a socket pair.
When the other end closes, because the planner asks for it or because it is gone, the command gets
SIGNAL and GRACE_S seconds; then everything below this process is killed. On Linux this process
adopts orphans, so a grandchild that outlives its parent or leaves the process group is still found.
It exits as the command did: with its code, or with 128 and the signal's number.

Only the standard library, for a start of some milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from pathlib import Path

# linux/prctl.h
_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36
#: what is left over, once the command itself is gone, gets this long to end by itself
_LEFTOVER_S = 2.0
#: a process that the kernel holds in uninterruptible sleep is given up after this
_KILL_S = 30.0
_POLL_S = 0.02
_NOT_STARTED = 127
#: what asks this program to end
_ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Guard:
    """The command and everything below it."""

    def __init__(self, command: list[str]) -> None:
        self.code: int | None = None
        self.pid = _start(command)

    def reap(self) -> bool:
        """Take in what has ended; whether nothing is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            if pid == self.pid:
                self.code = os.waitstatus_to_exitcode(status)

    def end(self, stop_signal: int, grace_s: float) -> None:
        """Ask the command, then what is left, then kill."""
        if self.code is None:
            self._round([self.pid], stop_signal, grace_s, whole=False)
        self._round(below(os.getpid()), signal.SIGTERM, _LEFTOVER_S, whole=True)
        until = time.monotonic() + _KILL_S
        # again and again: what forks while it is killed has new children
        while not self.reap() and time.monotonic() < until:
            self._round(below(os.getpid()), signal.SIGKILL, 10 * _POLL_S, whole=True)

    def _round(self, pids: list[int], signal_: int, limit_s: float, *, whole: bool) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal_)
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            if self.reap() or (self.code is not None and not whole):
                return
            time.sleep(_POLL_S)


def below(root: int) -> list[int]:
    """Every process below one, from ``/proc``; none where there is no such folder."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # the name in parentheses may hold spaces and parentheses of its own
            after_name = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if after_name[0] != "Z":
                children.setdefault(int(after_name[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        more = children.get(waiting.pop(), [])
        found += more
        waiting += more
    return found


def _start(command: list[str]) -> int:
    """Fork and execute; the kernel kills the command if this process is killed."""
    parent = os.getpid()
    libc = _libc()
    # a signal that comes before the command is executed must wait for it, not be lost here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKING)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pid
    try:
        for number in _ASKING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if libc is not None:
            libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() == parent:
            os.execvp(command[0], command)  # noqa: S606 - without a shell, as wanted
    except OSError as error:
        os.write(2, f"{command[0]} cannot be started: {error.strerror}\n".encode())
    os._exit(_NOT_STARTED)


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None


def _waker() -> tuple[int, list[int]]:
    """A pipe that becomes readable on a signal, and the signals that asked for the end."""
    asked: list[int] = []
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in _ASKING:
        signal.signal(number, lambda got, _frame: asked.append(got))
    return reading, asked


def main(arguments: list[str]) -> int:
    """Run the command until it ends or the link closes."""
    link, stop_signal, grace_s = int(arguments[0]), int(arguments[1]), float(arguments[2])
    os.set_inheritable(link, False)  # noqa: FBT003 - it has no keyword
    libc = _libc()
    if libc is not None:
        libc.prctl(_SET_CHILD_SUBREAPER, 1)
    woken, asked = _waker()
    guard = Guard(arguments[3:])
    while guard.code is None:
        ready, _, _ = select.select([link, woken], [], [])
        if woken in ready:
            os.read(woken, 512)
        guard.reap()
        if link in ready or asked:
            break
    guard.end(stop_signal, grace_s)
    code = -signal.SIGKILL if guard.code is None else guard.code
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
