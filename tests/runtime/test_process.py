from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.errors import InvalidInputError
from planner.runtime.process import Command, Process, stop_all, terminable, wait_any

ROOT = Path(__file__).parents[2]
Family = Callable[..., tuple[str, ...]]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="orphans are found on Linux")

#: starts a child in a session of its own, and that one another: ``family.py DEPTH [deaf|leaves]``
FAMILY = """
import os, signal, subprocess, sys, time
depth, *manner = sys.argv[1:]
if manner == ["deaf"]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
if int(depth):
    deeper = [sys.executable, __file__, str(int(depth) - 1), *manner]
    subprocess.Popen(deeper, start_new_session=True)
    if manner == ["leaves"]:
        time.sleep(0.3)
        sys.exit(7)
time.sleep(600)
"""


def python(source: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", source, *arguments)


@pytest.fixture
def family(tmp_path: Path) -> Family:
    script = tmp_path / "family.py"
    script.write_text(FAMILY, encoding="utf-8")
    return lambda *arguments: (sys.executable, str(script), *arguments)


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Command]:
    def make(*argv: str, grace_s: float = 5.0, **more: object) -> Command:
        return Command(
            argv=argv,
            environment=dict(os.environ),
            folder=tmp_path,
            log=tmp_path / "log",
            grace_s=grace_s,
            **more,  # type: ignore[arg-type]
        )

    return make


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], object], limit_s: float = 20.0) -> bool:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def pids(log: Path, count: int) -> list[int]:
    def read() -> list[int]:
        return [int(line) for line in log.read_text().split()] if log.exists() else []

    assert eventually(lambda: len(read()) == count), log.read_text()
    return read()


def test_a_command_answers_with_its_code_and_its_output_is_kept(
    command: Callable[..., Command], tmp_path: Path
) -> None:
    source = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    with Process(command(*python(source))) as process:
        assert process.wait(20) == 3
    assert sorted((tmp_path / "log").read_text().split()) == ["err", "out"]


def test_a_signal_that_ended_it_is_told_as_a_shell_does(command: Callable[..., Command]) -> None:
    with Process(command(*python("import os; os.kill(os.getpid(), 9)"))) as process:
        assert process.wait(20) == 128 + signal.SIGKILL


def test_a_command_that_does_not_exist_is_told_in_the_log(
    command: Callable[..., Command], tmp_path: Path
) -> None:
    with Process(command("/nowhere/vllm", "serve")) as process:
        assert process.wait(20) == 127
    assert "/nowhere/vllm cannot be started: No such file" in (tmp_path / "log").read_text()


def test_it_is_asked_with_the_signal_it_wants_and_may_clean_up(
    command: Callable[..., Command], tmp_path: Path
) -> None:
    source = """
import signal, sys, time
def end(*_):
    print("cleaned", flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
time.sleep(600)
"""
    log = tmp_path / "log"
    with Process(command(*python(source), stop_signal=signal.SIGINT)) as process:
        assert eventually(lambda: "ready" in log.read_text())
        assert process.wait(0.05) is None
        assert process.stop() == 0
    assert log.read_text().split() == ["ready", "cleaned"]


def test_children_in_sessions_of_their_own_end_with_it(
    command: Callable[..., Command], family: Family, tmp_path: Path
) -> None:
    with Process(command(*family("2"))):
        started = pids(tmp_path / "log", 3)
        assert all(map(alive, started))
    assert not any(map(alive, started))


def test_those_deaf_to_sigterm_are_killed_after_the_grace(
    command: Callable[..., Command], family: Family, tmp_path: Path
) -> None:
    process = Process(command(*family("2", "deaf"), grace_s=0.5))
    started = pids(tmp_path / "log", 3)
    begun = time.monotonic()
    assert process.stop() == 128 + signal.SIGKILL
    assert 0.5 < time.monotonic() - begun < 10
    assert not any(map(alive, started))


def test_orphans_of_a_command_that_ended_by_itself_are_ended_too(
    command: Callable[..., Command], family: Family, tmp_path: Path
) -> None:
    with Process(command(*family("2", "leaves"))) as process:
        started = pids(tmp_path / "log", 3)
        assert process.wait(20) == 7
    assert not any(map(alive, started))


def test_nothing_outlives_a_planner_that_is_killed(family: Family, tmp_path: Path) -> None:
    source = f"""
import sys, time
from pathlib import Path
from planner.runtime.process import Command, Process
import os
running = Process(Command(argv={family("2", "deaf")!r}, environment=dict(os.environ),
                folder=Path({str(tmp_path)!r}), log=Path({str(tmp_path / "log")!r}), grace_s=0.5))
time.sleep(600)
"""
    with subprocess.Popen(python(source), cwd=ROOT) as planner:
        try:
            started = pids(tmp_path / "log", 3)
        finally:
            planner.kill()
        assert eventually(lambda: not any(map(alive, started)))


def test_the_command_dies_even_if_its_guard_is_killed(
    command: Callable[..., Command], family: Family, tmp_path: Path
) -> None:
    with Process(command(*family("0"))) as process:
        (started,) = pids(tmp_path / "log", 1)
        os.kill(process._guard.pid, signal.SIGKILL)
        assert process.wait(20) == 128 + signal.SIGKILL
    assert eventually(lambda: not alive(started))


def test_several_run_side_by_side_and_the_first_to_end_is_told(
    command: Callable[..., Command],
) -> None:
    slow = [Process(command(*python("import time; time.sleep(600)"))) for _ in range(2)]
    quick = Process(command(*python("import time; time.sleep(0.3)")))
    try:
        assert wait_any(slow, 0.05) == []
        assert wait_any([*slow, quick], 20) == [quick]
        assert quick.wait() == 0
    finally:
        begun = time.monotonic()
        stop_all([*slow, quick])
    assert time.monotonic() - begun < 5
    assert [process.wait() for process in slow] == [128 + signal.SIGTERM] * 2


def test_a_log_that_cannot_be_written_is_told_and_nothing_starts(
    command: Callable[..., Command], tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    with pytest.raises(InvalidInputError, match="cannot be written"):
        Process(command("true"))


def test_sigterm_ends_a_block_as_ctrl_c_does() -> None:
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), terminable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
