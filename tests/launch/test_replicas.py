"""Servers side by side: GPUs and ports of their own, and nginx, run for real where it is there."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from planner.errors import UsageError
from planner.launch import local
from planner.launch.parts.replicas import replicas
from planner.vllm.rewrite import follows
from tests.launch.served_cases import answer, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.launch.base import Served


def beside(count: int, port: int = 8000) -> Served:
    options = (("--port", (str(port),)),)
    return record(answer(2), "local", options=options, replicas=count)


def test_each_server_has_gpus_and_a_port_of_its_own() -> None:
    each = [one.server for one in replicas(beside(3))]
    shown = [command.environment["CUDA_VISIBLE_DEVICES"] for command in each]
    assert shown == ["0,1", "2,3", "4,5"]
    assert [follows(command.argv, "--port") for command in each] == ["8001", "8002", "8003"]
    assert [command for (command,) in local.start(beside(2))] == [
        "./serve-0.sh",
        "./serve-1.sh",
        "./balancer.sh",
    ]


@pytest.mark.parametrize(
    ("served", "says"),
    [
        (beside(5), "5 servers of 2 GPUs need 10, a host has 8"),
        (record(answer(8, 2, nodes=2), "local", replicas=2), "each of 2 servers takes 2 hosts"),
    ],
)
def test_what_does_not_go_on_one_host_is_refused(served: Served, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        local.files(served)


class Words(BaseHTTPRequestHandler):
    """Answers word by word, slowly, as vLLM streams tokens."""

    server: ThreadingHTTPServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for text in (f"{self.server.server_port}\n", "a\n", ""):
            self.wfile.write(f"{len(text):x}\r\n{text}\r\n".encode())
            self.wfile.flush()
            time.sleep(0.5)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def free_ports(count: int) -> int:
    """The first of some ports in a row that nobody listens on."""
    for first in range(20_000, 30_000, 16):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", first))
                other.bind(("127.0.0.1", first + count - 1))
            except OSError:
                continue
            return first
    raise OSError("no port is free")


@contextmanager
def answering(port: int) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), Words)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def balancing(port: int, folder: Path) -> Iterator[None]:
    for file in local.files(beside(2, port)):
        (folder / file.path).write_text(file.text, encoding="utf-8")
        (folder / file.path).chmod(file.mode)
    with subprocess.Popen(["./balancer.sh"], cwd=folder, start_new_session=True) as nginx:
        try:
            yield
        finally:
            os.killpg(nginx.pid, signal.SIGTERM)


def ask(port: int) -> tuple[str, float]:
    """The first word of an answer, and the seconds until it came."""
    for _ in range(100):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.connect()
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    with closing(connection):
        begun = time.monotonic()
        connection.request("POST", "/v1/completions", body=b"x" * 2_000_000)
        with connection.getresponse() as response:
            word = response.readline().decode().strip()
        return word, time.monotonic() - begun


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_spreads_requests_and_passes_words_on_as_they_come(tmp_path: Path) -> None:
    port = free_ports(3)
    with answering(port + 1), answering(port + 2), balancing(port, tmp_path):
        found: list[tuple[str, float]] = []
        ask(port)
        asking = [threading.Thread(target=lambda: found.append(ask(port))) for _ in range(2)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
    assert {word for word, _ in found} == {str(port + 1), str(port + 2)}
    assert max(seconds for _, seconds in found) < 0.4
