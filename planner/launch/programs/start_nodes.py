#!/usr/bin/env python3
"""Starts a deployment on its hosts over SSH, and ends all of it when any part of it ends.

    ./start.py HOST_0 HOST_1 …

Host N runs the script node-N.sh that lies beside this file; what the hosts print is shown here.
``localhost`` is this machine, without SSH; the others need a login that asks for no password.
Ctrl-C, SIGTERM, the death of this program or of the connection: in each case every host ends what
it was told to start, within 10 s, and nothing else.

The hosts need a POSIX shell and python3. Secrets are read from the environment here, by name, and
travel inside the connection: they stand in no file and no argument.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

if TYPE_CHECKING:
    from types import FrameType

#: the user's configuration says the rest: host keys, names, ports
_SSH = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=15")
_HERE = "localhost"
#: what a server has to end by itself; its guard takes 2 s more for what is left
_GRACE_S = 5.0
#: all of it; then the connections are cut, which the hosts notice
_END_S = 9.0
_SSH_FAILED = 255
_FOLDER = Path(__file__).resolve().parent


class Node:
    """One host, and the connection that keeps its part alive."""

    def __init__(self, number: int, host: str) -> None:
        """Nothing started yet."""
        self.host = host
        self.name = f"node {number} ({host})"
        self.script = (_FOLDER / f"node-{number}.sh").read_text(encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None
        self._input: BinaryIO | None = None

    def start(self, variables: dict[str, str], path: str) -> None:
        """Connect, and hand over what to run."""
        argv = ["/bin/sh"] if self.host == _HERE else [*_SSH, "--", self.host, "exec /bin/sh"]
        theirs, ours = os.pipe()
        self._input = os.fdopen(ours, "wb", buffering=0)
        try:
            # a session of its own: Ctrl-C is handled here, not by each ssh
            self.process = subprocess.Popen(argv, stdin=theirs, start_new_session=True)  # noqa: S603
        except OSError as error:
            fail(f"{argv[0]} cannot be run: {error.strerror}")
        finally:
            os.close(theirs)
        with suppress(BrokenPipeError):
            self._input.write(handed_over(self.script, variables, path).encode())

    def release(self) -> None:
        """Close the host's input: its guard ends what it started."""
        if self._input is not None:
            self._input.close()

    def wait(self, until: float) -> None:
        """Until the host has ended its part; cut the connection when the time is up."""
        if self.process is not None:
            try:
                self.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def handed_over(script: str, variables: dict[str, str], path: str) -> str:
    """What a host's shell reads: variables, then the guard with the script.

    The guard watches the shell's input, which the connection holds open.
    """
    guard = (_FOLDER / "process_guard.py").read_text(encoding="utf-8")
    settings = ("3", str(signal.SIGINT.value), str(_GRACE_S))
    words = ("python3", "-I", "-S", "-c", guard, *settings, "/bin/sh", "-c", script)
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    if path:
        exports.append(f"PATH={shlex.quote(path)}:$PATH; export PATH")
    return "\n".join([*exports, f"exec {shlex.join(words)} 3<&0 </dev/null", ""])


def run(nodes: list[Node], variables: dict[str, str], path: str) -> int:
    """Start all, wait for the first that ends, end the others; its exit code."""
    try:
        for node in nodes:
            node.start(variables, path)
        ended = first_ended(nodes)
    finally:
        # a second Ctrl-C must not cut this short
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for node in nodes:
            node.release()
        until = time.monotonic() + _END_S
        for node in nodes:
            node.wait(until)
    code = ended.process.returncode if ended.process else 0
    why = ": ssh did not reach it" if code == _SSH_FAILED and ended.host != _HERE else ""
    others = ", the others were ended" if len(nodes) > 1 else ""
    say(f"{ended.name} ended with {code}{why}{others}")
    return code if code >= 0 else 128 - code


def first_ended(nodes: list[Node]) -> Node:
    """The first whose process has ended."""
    while True:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        for node in nodes:
            if node.process is not None and found and node.process.pid == found.si_pid:
                node.process.wait()
                return node


def variables_of(typed: argparse.Namespace) -> dict[str, str]:
    """What each host is told besides its script."""
    missing = [name for name in typed.secret if not os.environ.get(name)]
    if missing:
        fail(f"{missing[0]} is not set: export {missing[0]}=…")
    head = os.environ.get("HEAD_ADDRESS") or typed.host[0].rpartition("@")[2]
    if head == _HERE and len(typed.host) > 1:
        head = ""
    found = {name: os.environ[name] for name in typed.secret}
    return found | {"HEAD_ADDRESS": head}


def say(text: str) -> None:
    """One line for the user."""
    sys.stderr.write(f"start: {text}\n")


def fail(text: str) -> NoReturn:
    """End before anything was started."""
    say(text)
    sys.exit(2)


def interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    """Let any request to end unwind as Ctrl-C does."""
    raise KeyboardInterrupt(number)


def main(arguments: list[str]) -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        "start.py", description="Start vLLM on its hosts over SSH, and end it with this program."
    )
    parser.add_argument("host", nargs="+", help="in node order, as ssh takes it")
    parser.add_argument("--secret", action="append", default=[], help="a variable to hand over")
    parser.add_argument("--path", default="", help="folder of vllm on the hosts")
    typed = parser.parse_args(arguments)
    count = len(list(_FOLDER.glob("node-*.sh")))
    if len(typed.host) != count:
        fail(f"{len(typed.host)} hosts for {count} scripts: name each host once, node 0 first")
    nodes = [Node(number, host) for number, host in enumerate(typed.host)]
    variables = variables_of(typed)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        return run(nodes, variables, typed.path)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
