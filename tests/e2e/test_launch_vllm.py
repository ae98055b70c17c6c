"""``planner launch --run`` and ``planner verify`` on real vLLM, a tiny model, without a GPU."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.cli.app import run
from planner.runtime.launch.client import Client
from tests.e2e.conftest import OPTIONS
from tests.e2e.processes import until
from tests.e2e.test_serve_vllm import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LIMIT_S = 600.0
pytestmark = pytest.mark.e2e


@pytest.fixture
def here(cpu: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where leftovers are seen."""
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setattr("tempfile.tempdir", None)
    return cpu


def plan(here: Path, model: Path, *words: str, added: tuple[str, ...] = ()) -> str:
    """A plan for two T4, with words added to its command behind the planner's back."""
    path = here / "plan.json"
    asked = [
        "--model",
        str(model),
        "--gpus",
        "2xT4",
        "-dp",
        "1",
        *OPTIONS,
        "--load-format",
        "dummy",
    ]
    assert run(["recommend", *asked, *words, "-o", str(path)]) == 0
    document = json.loads(path.read_text(encoding="utf-8"))
    command = document["layouts"][0]["commands"][0]
    command["argv"] += added
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def words(python: str, port: int) -> list[str]:
    where = ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", "tiny"]
    return [*where, "--python", python, "--no-preflight", "--timeout", str(LIMIT_S)]


@contextmanager
def running(planned: str, more: list[str], here: Path) -> Iterator[subprocess.Popen[str]]:
    """A planner in a process of its own, killed at the latest at the end of the block."""
    command = [sys.executable, "-m", "planner", "launch", planned, "--run", *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        (here / "planner.err").open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as planner,
    ):
        try:
            yield planner
        finally:
            planner.kill()


def serves(planner: subprocess.Popen[str], here: Path) -> bool:
    """Whether it says so in the end."""
    told = here / "planner.err"
    until(lambda: "serving at" in told.read_text("utf-8") or planner.poll() is not None, LIMIT_S)
    return planner.poll() is None


def nothing_is_left(here: Path) -> bool:
    """No process that was started here, and no file."""
    return until(lambda: not running_in(here), 30) and not list((here / "t").glob("planner-*"))


def running_in(folder: Path) -> list[int]:
    """Processes whose folder it is, besides this one: as the planner starts them."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (path / "cwd").readlink() == folder and int(path.name) != os.getpid():
                found.append(int(path.name))
    return found


def test_one_rank_serves_is_verified_and_ends_with_ctrl_c(
    here: Path, vllm_python: str, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    planned = plan(here, tiny_model, "-tp", "1")
    with running(planned, [*words(vllm_python, port), "--format", "json"], here) as planner:
        client = Client(f"http://127.0.0.1:{port}")
        assert serves(planner, here), (here / "planner.err").read_text(encoding="utf-8")
        capsys.readouterr()
        # of a T4 the cache was planned, and a CPU has another
        asked = ["--served-model-name", "tiny", "--format", "json", "-o", "record.json"]
        assert run(["verify", client.url, planned, *asked, "--requests", "2"]) == 1
        told = json.loads(capsys.readouterr().out)
        verdicts = {row["name"]: row["verdict"] for row in told["rows"]}
        assert verdicts["model"] == verdicts["served name"] == verdicts["max_model_len"] == "same"
        assert verdicts["KV cache"] == "differs"
        assert told["load"]["answers"] == 2
        assert told["load"]["tpot"]["median_s"] > 0
        planner.send_signal(signal.SIGINT)
        assert planner.stdout is not None
        answer: dict[str, Any] = json.loads(planner.stdout.read())
        assert planner.wait(10) == 130
    assert answer["served_name"] == "tiny"
    assert answer["first_request"]["tokens"] == 8
    assert answer["log"], answer["notes"]
    assert answer["log"]["stage"] == "ready"
    assert nothing_is_left(here)


def test_two_ranks_serve_and_a_worker_that_is_killed_is_explained(
    here: Path, vllm_python: str, tiny_model: Path
) -> None:
    port = free_port()
    planned = plan(here, tiny_model, "-tp", "2")
    with running(planned, words(vllm_python, port), here) as planner:
        client = Client(f"http://127.0.0.1:{port}")
        assert serves(planner, here), (here / "planner.err").read_text(encoding="utf-8")
        body = {"model": "tiny", "prompt": "a b c", "max_tokens": 4}
        assert client.post("/v1/completions", body)["usage"]["completion_tokens"] == 4
        os.kill(worker(here), signal.SIGKILL)
        assert planner.wait(120) == 4
    assert "RUN002" in (here / "planner.err").read_text(encoding="utf-8")
    assert nothing_is_left(here)


def worker(folder: Path) -> int:
    """The last rank's process."""
    for pid in running_in(folder):
        if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"VLLM::Worker_TP1"):
            return pid
    pytest.fail("no worker runs")


def test_a_cache_too_small_for_a_request_is_explained_and_mended_by_a_retry(
    here: Path,
    vllm_python: str,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # it would go before the option
    monkeypatch.delenv("VLLM_CPU_KVCACHE_SPACE")
    # 384 tokens in blocks of 128, where 512 were planned
    small = ("--kv-cache-memory-bytes", str(384 * 2048))
    planned = plan(here, tiny_model, "-tp", "1", added=small)
    capsys.readouterr()
    more = [*words(vllm_python, free_port()), "--check", "--retry", "1", "--format", "json"]
    assert run(["launch", planned, *more]) == 0
    streams = capsys.readouterr()
    assert "KVC002" in streams.err
    (change,) = json.loads(streams.out)["changes"]
    assert change["options"]["max_model_len"] < 512
    assert nothing_is_left(here)


def test_a_flag_that_vllm_does_not_know_is_explained(
    here: Path, vllm_python: str, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = plan(here, tiny_model, "-tp", "1", added=("--no-such-flag",))
    assert run(["launch", planned, "--check", *words(vllm_python, free_port())]) == 4
    assert "--no-such-flag" in capsys.readouterr().err
    assert nothing_is_left(here)


def test_a_port_that_is_taken_is_told_before_anything_starts(
    here: Path, vllm_python: str, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = plan(here, tiny_model, "-tp", "1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        checked = [word for word in words(vllm_python, port) if word != "--no-preflight"]
        assert run(["launch", planned, "--check", *checked]) == 1
        assert f"RUN022 another process listens on port {port}" in capsys.readouterr().err
        # and where nobody looked, vLLM's own complaint is explained
        assert run(["launch", planned, "--check", *words(vllm_python, port)]) == 4
        assert "RUN022" in capsys.readouterr().err
    assert nothing_is_left(here)
