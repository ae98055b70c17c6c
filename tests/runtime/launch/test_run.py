"""Whole starts of a server that pretends, in processes of its own; no GPU, no vLLM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any

import pytest

from tests.runtime.test_process import alive, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
Launch = "Callable[..., int]"


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_server_that_is_checked_answers_and_is_held_against_its_plan(
    launched: Callable[..., int], port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launched("--check", "--format", "json") == 0
    told = shown(capsys)
    assert told["url"] == f"http://127.0.0.1:{port}"
    assert told["served_name"] == "tiny"
    assert told["first_request"]["tokens"] == 8
    assert told["changes"] == []
    terms = {term["term"]: term for term in told["log"]["terms"]}
    assert terms["kv_tokens"]["actual"] == 121232
    assert terms["weights"]["predicted"]


def test_for_people_it_says_where_it_answers_and_each_stage_once(
    launched: Callable[..., int], port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert launched("--check") == 0
    streams = capsys.readouterr()
    assert f"tiny answers at http://127.0.0.1:{port}/v1" in streams.out
    assert "first request, /v1/completions: " in streams.out
    told = [line.partition(" s  ")[2] for line in streams.err.splitlines()]
    assert told[-1] == "up"
    assert len(set(told)) == len(told)
    assert "vLLM API server" not in streams.err


def test_the_log_is_kept_and_shown_where_that_is_asked_for(
    launched: Callable[..., int], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "kept.log").write_text("before\n", encoding="utf-8")
    assert launched("--check", "--log", "kept.log", "--show-log") == 0
    log = (here / "kept.log").read_text(encoding="utf-8")
    assert log.startswith("before\n")
    assert "Application startup complete." in log
    assert "vLLM API server version 0.33.0" in capsys.readouterr().err


def test_the_key_of_the_environment_is_used_and_shown_nowhere(
    launched: Callable[..., int],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "secret-word")
    assert launched("--check", "--log", "kept.log", "--show-log", "--format", "json") == 0
    streams = capsys.readouterr()
    assert "secret-word" not in streams.out + streams.err
    assert "secret-word" not in (here / "kept.log").read_text(encoding="utf-8")


def test_a_server_of_embeddings_is_asked_for_one(
    launched: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "embeds")
    assert launched("--check", "--format", "json") == 0
    assert shown(capsys)["first_request"]["path"] == "/v1/embeddings"


@pytest.mark.parametrize(
    ("how", "more", "says"),
    [
        ("full", [], ["MEM002", "12.4/14.56", "fix: "]),
        ("long", [], ["KVC002", "max_model_len"]),
        ("strange", [], ["code 1 before it was ready: ZeroDivisionError: division"]),
        ("dies", [], ["the server ended with code 137"]),
        ("hangs", ["--timeout", "2"], ["does not answer after 2 s"]),
        ("", ["--served-model-name", "other", "--env", "FAKE_VLLM=500"], ["500", "out of ideas"]),
    ],
)
def test_a_server_that_fails_is_explained(
    how: str,
    more: list[str],
    says: list[str],
    *,
    launched: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAKE_VLLM", how)
    assert launched("--check", *more) == 4
    streams = capsys.readouterr()
    assert not streams.out
    assert all(each in streams.err for each in says), streams.err


def test_a_server_that_ends_by_itself_later_has_failed(
    launched: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "ends")
    assert launched("--run") == 4
    assert "the server ended with code 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("how", "code", "says"),
    [("leaves", 0, ""), ("loses", 4, "RUN002"), ("killed", 4, "EngineDeadError")],
)
def test_a_server_that_ends_with_0_ended_well_unless_its_log_tells_a_failure(
    how: str,
    code: int,
    says: str,
    *,
    launched: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAKE_VLLM", how)
    assert launched("--run") == code
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("how", "options"),
    [("full", {"gpu_memory_utilization": 0.85}), ("long", {"max_model_len": 2048})],
)
def test_a_retry_makes_the_change_that_the_log_asks_for(
    how: str,
    options: dict[str, Any],
    launched: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAKE_VLLM", how)
    assert launched("--check", "--retry", "3", "--format", "json") == 0
    (change,) = shown(capsys)["changes"]
    assert change["options"] == options


def test_retries_end(
    launched: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "longer")
    assert launched("--check", "--retry", "3") == 4
    # the second start asks for the same change once more: that is none
    assert capsys.readouterr().err.count("once more with") == 1


def test_a_machine_without_the_planned_gpus_is_told_before_anything_starts(
    launched: Callable[..., int],
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words.remove("--no-preflight")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert launched("--check") == 1
    text = capsys.readouterr().err
    assert "planner: error: RUN0" in text
    assert "--no-preflight" in text
    assert "starting processes" not in text


def test_a_port_that_another_server_has_is_told_before_anything_starts(
    launched: Callable[..., int],
    words: list[str],
    port: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Healthy) as server:
        Thread(target=server.serve_forever).start()
        try:
            assert launched("--check") == 2
            assert "answers at" in capsys.readouterr().err
            words.remove("--no-preflight")
            assert launched("--check") == 1
            assert f"RUN022 another process listens on port {port}" in capsys.readouterr().err
        finally:
            server.shutdown()


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are found on Linux")
@pytest.mark.parametrize(
    ("how", "number", "code"),
    [
        ("worker", signal.SIGINT, 130),
        ("worker", signal.SIGTERM, 130),
        ("deaf", signal.SIGINT, 130),
        ("worker", signal.SIGKILL, -9),
    ],
)
def test_what_was_started_ends_with_the_planner_and_nothing_else(
    how: str, number: signal.Signals, code: int, *, here: Path, words: list[str], port: int
) -> None:
    environment = {**os.environ, "FAKE_VLLM": how}
    environment["PYTHONPATH"] = f"{ROOT}:{environment['PYTHONPATH']}"
    command = [sys.executable, "-m", "planner", *words, "--run", "--log", "server.log"]
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as planner:
        try:
            assert eventually(lambda: healthy(port))
            log = (here / "server.log").read_text(encoding="utf-8")
            worker = int(log.partition("worker ")[2].split()[0])
            begun = time.monotonic()
            planner.send_signal(number)
            assert planner.wait(30) == code
            # the last moment of the ten seconds belongs to a killed planner's guard
            assert eventually(lambda: not alive(worker) and not healthy(port), 10)
            assert time.monotonic() - begun < 10
            assert other.poll() is None
        finally:
            planner.kill()
            other.kill()
            other.wait()
    if number != signal.SIGKILL:
        assert list((here / "tmp").iterdir()) == []


def test_an_interrupt_while_it_starts_ends_it(
    launched: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "hangs")
    timer = Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    assert launched("--run") == 130
    timer.join()
