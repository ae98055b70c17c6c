"""The starter with real processes: a stand-in for vLLM, and for ssh one that runs commands here."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.launch import ssh
from planner.launch.programs import source_of, start_nodes
from planner.runtime.launch.folder import write_files
from tests.launch.served_cases import HOSTILE, answer, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.launch.base import Served

LIMIT_S = 10.0
_JAIL = Path("/run/sshd")
#: notes what it was given; a helper of its own leaves the group and ignores every request to end
VLLM = """#!{python}
import json, os, signal, subprocess, sys, time
rank = sys.argv[sys.argv.index("--node-rank") + 1] if "--node-rank" in sys.argv else "0"
stubborn = subprocess.Popen(
    ["/bin/sh", "-c", "trap '' INT TERM HUP; while :; do sleep 0.2; done"], start_new_session=True
)
noted = {{"argv": sys.argv[1:], "environment": dict(os.environ)}}
noted["pids"] = [os.getpid(), stubborn.pid]
with open("{folder}/noted-" + rank + ".tmp", "w") as out:
    json.dump(noted, out)
os.rename("{folder}/noted-" + rank + ".tmp", "{folder}/noted-" + rank)
if os.path.exists("{folder}/fail-" + rank):
    sys.exit(3)
time.sleep(600)
"""
#: a login: nothing of the caller's variables, the words joined and read by a shell
SSH = """#!/bin/sh
while [ "$1" != -- ]; do shift; done
[ "$2" != nowhere ] || {{ echo 'ssh: nowhere port 22: No route to host' >&2; exit 255; }}
shift 2
exec env -i PATH=/usr/bin:/bin LOGIN="$*" sh -c "$*"
"""


class Bench:
    """A folder with what a launcher wrote, and the stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin dir"
        self.environment = {**os.environ, "PATH": f"{folder / 'ssh'}:{os.environ['PATH']}"}
        for name, text in (("bin dir/vllm", VLLM), ("ssh/ssh", SSH)):
            path = folder / name
            path.parent.mkdir()
            path.write_text(text.format(python=sys.executable, folder=folder), encoding="utf-8")
            path.chmod(0o755)

    def write(self, served: Served) -> None:
        write_files(ssh.files(served), self.folder / "out", force=True)

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        command = [str(self.folder / "out" / "start.py"), "--path", str(self.bin), *words]
        starter = subprocess.Popen(
            command, env=self.environment, stderr=subprocess.PIPE, text=True, cwd="/"
        )
        try:
            yield starter
        finally:
            starter.kill()
            starter.wait()
            until(lambda: not self.alive())
            if starter.stderr:
                starter.stderr.close()

    def noted(self, node: int) -> dict[str, object]:
        path = self.folder / f"noted-{node}"
        assert until(path.exists)
        found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def alive(self) -> list[int]:
        """Processes of either node that still run."""
        return [
            pid
            for path in self.folder.glob("noted-?")
            for pid in json.loads(path.read_text(encoding="utf-8"))["pids"]
            if running(pid)
        ]


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: object, limit_s: float = LIMIT_S) -> bool:
    assert callable(condition)
    end = time.monotonic() + limit_s
    while time.monotonic() < end and not condition():
        time.sleep(0.05)
    return bool(condition())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def two_nodes(**more: object) -> Served:
    planned = answer(
        8, 2, nodes=2, model=f"/models/{HOSTILE}", options={"--chat-template": HOSTILE}
    )
    return record(planned, "ssh", variables={"NOTE": HOSTILE}, **more)  # type: ignore[arg-type]


def test_every_host_runs_the_very_words_and_knows_the_head(bench: Bench) -> None:
    bench.write(two_nodes())
    with bench.started("me@gpu-a", "gpu-b"):
        first, second = bench.noted(0), bench.noted(1)
    for noted in (first, second):
        words = noted["argv"]
        assert isinstance(words, list)
        assert words[1] == f"/models/{HOSTILE}"
        assert words[words.index("--chat-template") + 1] == HOSTILE
        assert words[words.index("--master-addr") + 1] == "gpu-a"
        environment = noted["environment"]
        assert isinstance(environment, dict)
        assert environment["NOTE"] == HOSTILE
        # all that a login shell is given to read
        assert environment["LOGIN"] == "exec /bin/sh"
    assert not bench.alive()
    assert not (bench.folder / "pwned").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_ends_the_starter_ends_all_that_it_started(
    bench: Bench, number: signal.Signals
) -> None:
    bench.write(two_nodes())
    with bench.started("gpu-a", "localhost") as starter:
        bench.noted(0), bench.noted(1)
        assert len(bench.alive()) == 4
        begun = time.monotonic()
        starter.send_signal(number)
        code = starter.wait(LIMIT_S)
        assert until(lambda: not bench.alive(), LIMIT_S - (time.monotonic() - begun))
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 130)


def test_a_node_that_fails_ends_the_others_and_is_named(bench: Bench) -> None:
    bench.write(two_nodes())
    (bench.folder / "fail-1").touch()
    with bench.started("gpu-a", "gpu-b") as starter:
        bench.noted(1)
        assert starter.wait(LIMIT_S) == 3
        assert starter.stderr is not None
        assert "start: node 1 (gpu-b) ended with 3, the others were ended" in starter.stderr.read()
        assert not bench.alive()


def test_a_host_that_cannot_be_reached_ends_the_others(bench: Bench) -> None:
    bench.write(two_nodes())
    with bench.started("gpu-a", "nowhere") as starter:
        assert starter.wait(LIMIT_S) == 255
        assert starter.stderr is not None
        assert "node 1 (nowhere) ended with 255: ssh did not reach it" in starter.stderr.read()
        assert not bench.alive()


def test_a_secret_reaches_the_server_and_nothing_else(bench: Bench) -> None:
    bench.write(two_nodes(secrets=("MY_KEY",)))
    bench.environment["MY_KEY"] = value = "s3cr3t'; word\n"
    with bench.started("--secret", "MY_KEY", "gpu-a", "gpu-b"):
        for node in (0, 1):
            environment = bench.noted(node)["environment"]
            assert isinstance(environment, dict)
            assert environment["MY_KEY"] == value
        lines = [
            path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)
        ]
        assert not any(b"s3cr3t" in line for line in lines)
    written = [path for path in (bench.folder / "out").rglob("*") if path.is_file()]
    assert not any(b"s3cr3t" in path.read_bytes() for path in written)


def readable(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gpu-a"], "1 hosts for 2 scripts"),
        (["--secret", "NOT_SET_HERE", "gpu-a", "gpu-b"], "NOT_SET_HERE is not set"),
    ],
)
def test_nothing_starts_where_something_is_missing(
    bench: Bench, words: list[str], says: str
) -> None:
    bench.write(two_nodes())
    with bench.started(*words) as starter:
        assert starter.wait(LIMIT_S) == 2
        assert starter.stderr is not None
        assert says in starter.stderr.read()
    assert not list(bench.folder.glob("noted-*"))


def test_a_head_without_an_address_is_asked_for(bench: Bench) -> None:
    bench.write(two_nodes())
    with bench.started("localhost", "gpu-b") as starter:
        assert starter.wait(LIMIT_S)
        assert starter.stderr is not None
        assert "HEAD_ADDRESS: is the address of node 0" in starter.stderr.read()


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(words=st.lists(TEXT, min_size=1, max_size=4), value=TEXT)
def test_what_is_handed_over_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], value: str
) -> None:
    folder = tmp_path_factory.mktemp("handed")
    (folder / "process_guard.py").write_text(source_of("process_guard"), encoding="utf-8")
    code = "import json, os, sys; print(json.dumps([sys.argv[1:], os.environ['VALUE']]))"
    script = f"exec {shlex.join([sys.executable, '-I', '-c', code, *words])}"
    before, start_nodes._FOLDER = start_nodes._FOLDER, folder
    try:
        text = start_nodes.handed_over(script, {"VALUE": value}, "")
    finally:
        start_nodes._FOLDER = before
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as kept:
        kept.write(text.encode())
        kept.flush()
        done = subprocess.run(["/bin/sh"], stdin=reading, capture_output=True, check=True)
    os.close(reading)
    assert json.loads(done.stdout) == [words, value]


def test_a_real_sshd_runs_and_ends_a_node(bench: Bench, sshd: list[str]) -> None:
    wrapper = bench.folder / "ssh" / "ssh"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(sshd)} "$@"\n', encoding="utf-8")
    bench.write(two_nodes(secrets=("MY_KEY",)))
    bench.environment["MY_KEY"] = "s3cr3t"
    with bench.started("--secret", "MY_KEY", "127.0.0.1", "localhost") as starter:
        first = bench.noted(0)
        assert first["argv"][1] == f"/models/{HOSTILE}"  # type: ignore[index]
        assert first["environment"]["MY_KEY"] == "s3cr3t"  # type: ignore[index]
        bench.noted(1)
        starter.send_signal(signal.SIGINT)
        begun = time.monotonic()
        assert starter.wait(LIMIT_S) == 130
        assert until(lambda: not bench.alive(), LIMIT_S - (time.monotonic() - begun))


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[list[str]]:
    """A server of our own on loopback, and the client's words that reach it."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or shutil.which("ssh-keygen") is None:
        pytest.skip("no sshd here")
    # where the service never ran, root's sshd misses the folder that it locks itself into
    made = os.geteuid() == 0 and not _JAIL.is_dir()
    if made:
        _JAIL.mkdir()
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(key, check=True)
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port = opened.getsockname()[1]
    server = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": tmp_path / "host",
        "AuthorizedKeysFile": tmp_path / "user.pub",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
    }
    client = {
        "Port": port,
        "IdentityFile": tmp_path / "user",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": tmp_path / "known",
        "StrictHostKeyChecking": "accept-new",
    }
    for name, options in (("sshd_config", server), ("ssh_config", client)):
        text = "".join(f"{key} {value}\n" for key, value in options.items())
        (tmp_path / name).write_text(text, encoding="utf-8")
    running = subprocess.Popen([program, "-D", "-f", str(tmp_path / "sshd_config")])
    try:
        assert until(lambda: listens(port))
        yield ["/usr/bin/ssh", "-F", str(tmp_path / "ssh_config")]
    finally:
        running.terminate()
        running.wait()
        if made:
            _JAIL.rmdir()


def listens(port: int) -> bool:
    with socket.socket() as opened:
        return opened.connect_ex(("127.0.0.1", port)) == 0
