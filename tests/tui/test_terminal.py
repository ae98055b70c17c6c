"""In a real terminal: it starts, follows the size, gives the shell back, and ends."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TMUX = shutil.which("tmux")
_PLAN = ("--model", "Qwen/Qwen3-8B", "--gpus", "4xL40S", "--offline", "--no-calibration")
_COMMAND = shlex.join([sys.executable, "-m", "planner", "tui", *_PLAN])


class Terminal:
    """A tmux server of its own with a shell in it."""

    def __init__(self, folder: Path) -> None:
        self._socket = f"planner-{uuid.uuid4().hex[:8]}"
        variables = {
            "PYTHONPATH": str(Path.cwd()),
            "TERM": "screen",
            "HOME": str(folder),
        }
        words = [f"-e{name}={value}" for name, value in variables.items()]
        self._tmux("new-session", "-d", "-x", "100", "-y", "30", *words, "sh")
        self.type("PS1='shell> '; clear", "Enter")
        self.wait_for("shell>")

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            [str(TMUX), "-L", self._socket, "-f", os.devnull, *words],
            capture_output=True,
            text=True,
            check=True,
            # readline, which pytest loads, puts a size into the environment that os does not see
            env=dict(os.environ),
        )
        return done.stdout

    def type(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def close_window(self) -> None:
        """The server stays, with another window."""
        self._tmux("new-window", "-d", "sh")
        self._tmux("kill-pane")

    @property
    def text(self) -> str:
        return self._tmux("capture-pane", "-p")

    def wait_for(self, words: str, seconds: float = 30) -> str:
        ends = time.monotonic() + seconds
        while words not in (text := self.text):
            assert time.monotonic() < ends, f"{words!r} is not in\n{text}"
            time.sleep(0.1)
        return text

    def close(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if TMUX is None:
        pytest.skip("no tmux here")
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


def test_it_starts_follows_the_size_is_suspended_and_ends(terminal: Terminal) -> None:
    terminal.type(_COMMAND, "Enter")
    terminal.wait_for("fits,")
    terminal.resize(130, 40)
    wide = terminal.wait_for("─layouts: ")
    assert max(map(len, wide.splitlines())) <= 130
    terminal.resize(80, 24)
    terminal.wait_for("findings layouts room")
    terminal.type("C-z")
    terminal.wait_for("shell>")
    terminal.type("fg", "Enter")
    terminal.wait_for("fits,")
    terminal.type("q")
    terminal.wait_for("shell>")
    terminal.type("echo code $?", "Enter")
    terminal.wait_for("code 0")


def test_it_is_driven_without_mouse_and_colours_over_a_plain_line(terminal: Terminal) -> None:
    terminal.type(f"NO_COLOR=1 {_COMMAND}", "Enter")
    terminal.wait_for("fits,")
    terminal.type("j", "j", "j", "j", "Right")
    terminal.wait_for("TP2")
    terminal.type("q")
    terminal.wait_for("not saved")
    terminal.type("n")
    terminal.wait_for("shell>")


def test_a_pipe_in_the_place_of_the_terminal_is_told_not_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "planner", "tui", *_PLAN],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_goes_away_ends_it(terminal: Terminal, tmp_path: Path) -> None:
    number = tmp_path / "pid"
    terminal.type(f"sh -c 'echo $$ > {number}; exec {_COMMAND}'", "Enter")
    terminal.wait_for("fits,")
    process = Path("/proc", number.read_text(encoding="utf-8").strip())
    assert process.exists()
    terminal.close_window()
    ends = time.monotonic() + 20
    while process.exists() and time.monotonic() < ends:
        time.sleep(0.1)
    assert not process.exists()
