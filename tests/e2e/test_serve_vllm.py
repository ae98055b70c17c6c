"""A real server under ``planner.runtime.process``: it answers, and it ends when it is asked."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from planner.runtime.process import Command, Process
from planner.vllm.log import read_log
from tests.e2e.conftest import OPTIONS

pytestmark = pytest.mark.e2e
LIMIT_S = 240.0


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def answer(url: str, body: dict[str, object] | None = None) -> dict[str, object]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - our own server
        found: dict[str, object] = json.load(response)
        return found


def test_a_server_answers_and_ends_by_itself_when_it_is_asked(
    cpu: Path, vllm_python: str, tiny_model: Path
) -> None:
    port = free_port()
    serve = (str(Path(vllm_python).parent / "vllm"), "serve", str(tiny_model))
    where = ("--host", "127.0.0.1", "--port", str(port), "--served-model-name", "tiny")
    command = Command(
        argv=(*serve, *where, "--load-format", "dummy", *OPTIONS),
        environment=dict(os.environ),
        folder=cpu,
        log=cpu / "log",
        stop_signal=signal.SIGINT,
        grace_s=30.0,
    )
    url = f"http://127.0.0.1:{port}/v1"
    with Process(command) as server:
        while server.wait(1.0) is None and server.seconds < LIMIT_S:
            try:
                models = answer(f"{url}/models")
                break
            except OSError:
                continue
        else:
            pytest.fail((cpu / "log").read_text(encoding="utf-8")[-4000:])
        assert [model["id"] for model in models["data"]] == ["tiny"]  # type: ignore[attr-defined]
        body: dict[str, object] = {"model": "tiny", "prompt": "a b c", "max_tokens": 4}
        usage = answer(f"{url}/completions", body)["usage"]
        assert usage["completion_tokens"] == 4  # type: ignore[index]
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 30
    facts = read_log(cpu / "log")
    assert facts.stage == "ready"
    assert facts.kv_tokens
