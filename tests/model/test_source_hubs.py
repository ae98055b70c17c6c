"""The hubs, played by servers on this machine: real sockets, no mocks."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from planner.errors import (
    ExitCode,
    InvalidInputError,
    PlannerError,
    UnavailableError,
    UnknownNameError,
)
from planner.model.safetensors_header import TensorHeader
from planner.model.source import ModelSource, find_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "a09a35458c702b33eeacc393d103063234e8bc28"
NAME = "some-org/some-model"
CONFIG = json.dumps({"model_type": "llama", "num_hidden_layers": 4}).encode()
_HEADER = json.dumps({"w": {"dtype": "BF16", "shape": [8, 2], "data_offsets": [0, 32]}}).encode()
SAFETENSORS = len(_HEADER).to_bytes(8, "little") + _HEADER + bytes(32)

Files = dict[str, bytes]
Asked = list[tuple[str, str, str | None, str | None]]
Reply = tuple[int, dict[str, str], bytes]


class Hub:
    """What a hub holds and what it was asked: method, path, token, range."""

    def __init__(self, files: Files, *, error: tuple[int, str] | None = None) -> None:
        self.files = files
        self.error = error
        self.asked: Asked = []

    def answer(self, path: str) -> Reply:
        """As huggingface.co answers."""
        if self.error is not None:
            return self.error[0], {"X-Error-Code": self.error[1]}, b""
        file = path.partition("/resolve/")[2].partition("/")[2]
        if not path.startswith(f"/{NAME}/"):
            return 401, {"X-Error-Code": "RepoNotFound"}, b""
        if f"/resolve/{COMMIT}/" not in path and "/resolve/main/" not in path:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        if file not in self.files:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}, b""
        return 200, {"X-Repo-Commit": COMMIT, "ETag": f'"{file}-1"'}, self.files[file]


class ModelScope(Hub):
    """The same on ModelScope's paths."""

    def answer(self, path: str) -> Reply:
        """As modelscope.cn answers."""
        if self.error is not None:
            return self.error[0], {}, b'{"Message": "no"}'
        asked = urlsplit(path)
        query = parse_qs(asked.query)
        known = asked.path == f"/api/v1/models/{NAME}/repo" and query["Revision"] == ["master"]
        content = self.files.get(query["FilePath"][0]) if known else None
        return (404, {}, b"{}") if content is None else (200, {}, content)


@contextmanager
def serve(hub: Hub) -> Iterator[str]:
    """The hub's address while it runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            token, part = self.headers.get("Authorization"), self.headers.get("Range")
            hub.asked.append((self.command, self.path, token, part))
            status, headers, content = hub.answer(unquote(self.path))
            if status == 200 and part:
                first, last = part.removeprefix("bytes=").split("-")
                status, content = 206, content[int(first) : int(last) + 1]
            self.send_response(status)
            for key, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing to the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(
    hub: Hub,
    home: Path,
    name: str = NAME,
    *,
    revision: str | None = None,
    refresh: bool = False,
) -> ModelSource:
    """Find a model where this hub is the only one there is."""
    with serve(hub) as address:
        if isinstance(hub, ModelScope):
            where = {"VLLM_USE_MODELSCOPE": "True", "MODELSCOPE_ENDPOINT": address}
            where |= {"MODELSCOPE_API_TOKEN": "ms_secret"}
        else:
            where = {"HF_ENDPOINT": address, "HF_TOKEN": "hf_secret"}
        variables = {"HF_HOME": str(home), "HOME": str(home), **where}
        return find_model(name, revision=revision, refresh=refresh, environ=variables)


def test_the_hub_gives_the_configuration_and_the_header_but_no_weights(tmp_path: Path) -> None:
    hub = Hub({"config.json": CONFIG, "model.safetensors": SAFETENSORS})

    found = ask(hub, tmp_path)

    assert (found.id, found.kind, found.trust) == (NAME, "hub", "file")
    assert found.config["num_hidden_layers"] == 4
    assert found.checkpoint is not None
    assert found.checkpoint.tensors == {"w": TensorHeader("BF16", (8, 2))}
    assert {token for _, _, token, _ in hub.asked} == {"Bearer hf_secret"}
    assert {part for _, path, _, part in hub.asked if "safetensors" in path} == {"bytes=0-100000"}


def test_what_the_hub_gave_answers_later_without_it(tmp_path: Path) -> None:
    ask(Hub({"config.json": CONFIG}), tmp_path)

    again = find_model(NAME, offline=True, environ={"HF_HOME": str(tmp_path)})

    assert again.kind == "cache"
    assert again.config["num_hidden_layers"] == 4


def test_modelopt_s_separate_file_is_asked_for_and_merged(tmp_path: Path) -> None:
    beside = b'{"quantization": {"quant_algo": "NVFP4"}}'

    found = ask(Hub({"config.json": CONFIG, "hf_quant_config.json": beside}), tmp_path)

    assert found.config["quantization_config"] == json.loads(beside)


def test_a_damaged_header_on_the_hub_is_a_note(tmp_path: Path) -> None:
    found = ask(Hub({"config.json": CONFIG, "model.safetensors": b"\xff" * 64}), tmp_path)

    assert found.checkpoint is None
    assert found.notes[0].startswith("checkpoint headers not read: ")


def test_refresh_asks_the_hub_though_the_catalogue_knows_the_model(tmp_path: Path) -> None:
    hub = Hub({}, error=(503, ""))

    found = ask(hub, tmp_path, "openai/gpt-oss-20b", refresh=True)

    assert hub.asked
    assert found.kind == "catalog"
    assert "cannot be asked for openai/gpt-oss-20b" in found.notes[0]


def test_a_revision_is_asked_for(tmp_path: Path) -> None:
    hub = Hub({"config.json": CONFIG})

    found = ask(hub, tmp_path, revision=COMMIT)

    assert found.source == f"Hugging Face hub at revision {COMMIT}"
    assert all(f"/resolve/{COMMIT}/" in path for _, path, _, _ in hub.asked)


FAULTS: dict[str, tuple[Hub, type[PlannerError], str]] = {
    "gated": (Hub({}, error=(403, "GatedRepo")), UnavailableError, "is gated"),
    "server error": (Hub({}, error=(500, "")), UnavailableError, "cannot be asked"),
    "no config": (Hub({"x.gguf": b""}), InvalidInputError, r"has no config\.json on the hub"),
    "no JSON": (Hub({"config.json": b"<html>"}), InvalidInputError, "is not JSON"),
    "a list": (Hub({"config.json": b"[]"}), InvalidInputError, "holds a list"),
    "absurd": (Hub({"config.json": b'{"vocab_size": -1}'}), InvalidInputError, "vocab_size is -1"),
    "too large": (Hub({"config.json": bytes(2**24 + 1)}), InvalidInputError, "16,777,217 bytes"),
}


@pytest.mark.parametrize(("hub", "error", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_what_a_hub_cannot_give_is_one_clear_error(
    hub: Hub, error: type[PlannerError], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message) as caught:
        ask(hub, tmp_path)

    assert "hf_secret" not in str(vars(caught.value))


def test_a_name_the_hub_does_not_know_is_unknown_and_suggests(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        ask(Hub({}), tmp_path, "openai/gpt-oss-21b")

    assert caught.value.exit_code == ExitCode.USAGE
    assert "openai/gpt-oss-20b" in caught.value.fix


def test_a_revision_the_hub_does_not_know_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="has no revision v9"):
        ask(Hub({"config.json": CONFIG}), tmp_path, revision="v9")


def test_a_config_too_large_leaves_nothing_on_disk(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        ask(Hub({"config.json": bytes(2**24 + 1)}), tmp_path)

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def closed_port() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("endpoint", [None, "http://no such host", "not-an-address"])
def test_a_hub_that_is_not_there_is_unavailable(endpoint: str | None, tmp_path: Path) -> None:
    environ = {"HF_HOME": str(tmp_path), "HF_ENDPOINT": endpoint or closed_port()}

    with pytest.raises(UnavailableError, match="cannot be asked") as caught:
        find_model(NAME, environ=environ)

    assert caught.value.exit_code == ExitCode.UNAVAILABLE


def test_a_short_name_is_unknown_when_the_hub_is_not_there(tmp_path: Path) -> None:
    environ = {"HF_HOME": str(tmp_path), "HF_ENDPOINT": closed_port()}

    with pytest.raises(UnknownNameError, match="no model gpt-oss-21b is known"):
        find_model("gpt-oss-21b", environ=environ)


def test_modelscope_gives_the_configuration(tmp_path: Path) -> None:
    beside = b'{"quantization": {"quant_algo": "NVFP4"}}'
    hub = ModelScope({"config.json": CONFIG, "hf_quant_config.json": beside})

    found = ask(hub, tmp_path)

    assert (found.kind, found.source) == ("modelscope", "ModelScope")
    assert found.config["quantization_config"] == json.loads(beside)
    assert {token for _, _, token, _ in hub.asked} == {"Bearer ms_secret"}


MODELSCOPE_FAULTS: dict[str, tuple[Hub, type[PlannerError], str]] = {
    "unknown": (ModelScope({}), UnknownNameError, "ModelScope has no some-org/some-model"),
    "denied": (ModelScope({}, error=(403, "")), UnavailableError, "refuses .* status 403"),
    "server error": (ModelScope({}, error=(502, "")), UnavailableError, "status 502"),
    "no JSON": (ModelScope({"config.json": b"x"}), InvalidInputError, "is not JSON"),
    "too large": (ModelScope({"config.json": bytes(2**24 + 1)}), InvalidInputError, "more than"),
}


@pytest.mark.parametrize(
    ("hub", "error", "message"), MODELSCOPE_FAULTS.values(), ids=MODELSCOPE_FAULTS.keys()
)
def test_what_modelscope_cannot_give_is_one_clear_error(
    hub: Hub, error: type[PlannerError], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        ask(hub, tmp_path)


def test_modelscope_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    environ = {
        "HOME": str(tmp_path),
        "VLLM_USE_MODELSCOPE": "true",
        "MODELSCOPE_ENDPOINT": closed_port(),
    }

    with pytest.raises(UnavailableError, match="ModelScope cannot be asked"):
        find_model(NAME, environ=environ)
