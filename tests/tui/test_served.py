"""The application in a real browser, and who is let in."""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import UsageError
from planner.tui.serve import serve
from tests.browser import CHROMIUM, browser

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAN = ("--model", "Qwen/Qwen3-8B", "--gpus", "4xL40S", "--offline", "--no-calibration")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, and the address that it printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "planner", "tui", "--serve", "--port", str(port), *_PLAN]
    log = tmp_path_factory.mktemp("served") / "log"
    with log.open("w") as stderr:
        server = subprocess.Popen(
            command, stderr=stderr, stdout=stderr, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
        )
    try:
        for _ in range(400):
            found = re.search(r"http://\S+", log.read_text(encoding="utf-8"))
            if found:
                break
            assert server.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        assert found is not None
        yield found.group()
    finally:
        server.terminate()
        server.wait(20)


def status(address: str, **headers: str) -> int:
    try:
        asked = urllib.request.Request(address, headers=headers)  # noqa: S310 - our own server's
        with urllib.request.urlopen(asked) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_without_the_word_of_the_address_nobody_is_let_in(address: str) -> None:
    bare = address.partition("?")[0]
    assert status(address) == 200
    assert status(bare) == 403
    assert status(bare + "ws") == 403
    assert status(bare + "static/js/textual.js") == 403
    assert status(bare + "?word=guessed") == 403


def test_another_sites_page_is_not_let_in_though_it_knew_the_word(address: str) -> None:
    assert status(address, Origin="http://evil.example") == 403


def test_an_address_that_others_reach_must_be_meant() -> None:
    with pytest.raises(UsageError) as refused:
        serve([], host="0.0.0.0", port=8765, expose=False)  # noqa: S104 - it is refused
    assert "--expose" in refused.value.fix


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_it_runs_in_a_browser_and_loads_nothing_of_the_network(
    address: str, tmp_path: Path
) -> None:
    with browser(tmp_path) as page:
        page.show(1280, 800)
        page.open(address)
        for _ in range(100):
            if page.evaluate("document.body.classList.contains('-first-byte')"):
                break
            page.evaluate("new Promise(done => setTimeout(done, 200))")
        page.evaluate("new Promise(done => setTimeout(done, 1500))")
        for key, code in (("k", 75), ("ArrowRight", 39)):
            page.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code)
        page.evaluate("new Promise(done => setTimeout(done, 3000))")
        picture = base64.b64decode(page.send("Page.captureScreenshot")["data"])
        if folder := os.environ.get("PLANNER_PICTURES"):
            Path(folder, "served.png").write_bytes(picture)
        assert len(picture) > 20_000, "an empty picture"
        own = (address.partition("/?")[0], "data:")
        assert [url for url in page.requests() if not url.startswith(own)] == []
        thrown = {"Runtime.exceptionThrown", "Log.entryAdded"}
        assert [
            e["params"] for e in page.events if e.get("method") in thrown and _is_error(e)
        ] == []
        assert any("planner" in name for role, name in page.names() if role == "application")


def _is_error(event: dict[str, Any]) -> bool:
    entry = event["params"].get("entry", {"level": "error"})
    return bool(entry["level"] == "error")
