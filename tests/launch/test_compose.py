"""Compose files hold to the specification's schema, and mean what was planned."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import crossplane
import jsonschema
import pytest
from hypothesis import given, settings
from ruamel.yaml import YAML

from planner.cli.app import run
from planner.errors import UsageError
from planner.launch import compose
from planner.launch.base import settle
from planner.launch.parts.nginx import balancer
from planner.targets.read import read_targets
from planner.vllm.command import read_command
from tests.launch.served_cases import CASES, WORDS, answer, cases, record

SCHEMA = Path(__file__).parents[1] / "data" / "compose" / "compose-spec.json"


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@cache
def every() -> dict[str, Any]:
    return cases("compose")


def loaded(text: str) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(text)
    return document


def literal(text: str) -> str:
    """What Compose makes of a text in which nothing is to be filled in."""
    assert not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", text)
    return text.replace("$$", "$")


def files(case: str) -> dict[str, str]:
    try:
        return {file.path: file.text for file in compose.files(every()[case])}
    except UsageError:
        pytest.skip("it is refused")


@pytest.mark.parametrize("case", CASES)
def test_a_file_holds_to_the_schema(case: str) -> None:
    validator().validate(loaded(files(case)["compose.yaml"]))


@pytest.mark.parametrize("case", CASES)
def test_compose_itself_takes_the_file(case: str, tmp_path: Path) -> None:
    docker = shutil.which("docker")
    plugin = docker and subprocess.run([docker, "compose", "version"], capture_output=True)  # noqa: PLW1510
    if not docker or not plugin or plugin.returncode:
        pytest.skip("docker with its compose plug-in is not installed")
    for path, text in files(case).items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    secrets = dict.fromkeys(every()[case].secrets, "x")
    done = subprocess.run(
        [docker, "compose", "config", "--format", "json"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), **secrets},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    (service, *_) = json.loads(done.stdout)["services"].values()
    argv = [literal(word) for word in (*service["entrypoint"], *service["command"])]
    assert argv == list(every()[case].server.argv)


@pytest.mark.parametrize("case", CASES)
def test_a_service_runs_the_planned_command_and_no_secret_is_in_the_file(case: str) -> None:
    served = every()[case]
    text = files(case)["compose.yaml"]
    for name, service in loaded(text)["services"].items():
        if name.startswith(served.name):
            words = [literal(word) for word in (*service["entrypoint"], *service["command"])]
            assert tuple(words) == served.server.argv
            held = [literal(w) for w in service.get("environment", []) if ":?" not in w]
            assert held == [f"{k}={v}" for k, v in served.server.environment.items()]
            named = [w.partition("=")[0] for w in service.get("environment", []) if ":?" in w]
            assert tuple(named) == served.secrets


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_read_as_what_was_planned(case: str, tmp_path: Path) -> None:
    served = every()[case]
    path = tmp_path / "compose.yaml"
    path.write_text(files(case)["compose.yaml"], encoding="utf-8")
    read = read_targets([str(path)])
    assert len(read) == served.replicas
    for target in read:
        assert target.commands == (read_command(served.server.argv, served.vllm_version),)


@settings(max_examples=40)
@given(word=WORDS)
def test_any_word_comes_back_from_the_file(word: str) -> None:
    served = record(answer(options={"--chat-template": f"x{word}"}), "compose")
    (service,) = loaded(compose.files(served)[0].text)["services"].values()
    assert literal(service["command"][-1]) == f"x{word}"


@pytest.mark.parametrize("model", ["meta-llama/Llama-3.1-8B", "Qwen/Qwen3-32B"])
def test_the_planner_finds_no_error_in_what_it_wrote(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    served = record(answer(2, model=model), "compose")
    (service,) = loaded(compose.files(served)[0].text)["services"].values()
    words = [literal(word) for word in (*service["entrypoint"], *service["command"])]
    assert run(["validate", "--gpus", "2xH100", "--offline", "--", *words]) == 0
    assert "fits" in capsys.readouterr().out


def test_replicas_have_gpus_of_their_own_and_one_door() -> None:
    document = loaded(files("three-servers")["compose.yaml"])
    *servers, nginx = document["services"].values()
    devices = [s["deploy"]["resources"]["reservations"]["devices"][0] for s in servers]
    assert [d["device_ids"] for d in devices] == [["0", "1"], ["2", "3"], ["4", "5"]]
    assert not any("ports" in server for server in servers)
    assert nginx["ports"] == ["8000:8000"]


@pytest.mark.parametrize("own_folder", ["", "kept"])
def test_a_parser_of_nginx_reads_the_balancer(own_folder: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(balancer(["a-0:8000", "a-1:8000"], 9000, own_folder=own_folder), "utf-8")
    read = crossplane.parse(str(path), strict=True, check_ctx=True, check_args=True)
    assert read["status"] == "ok", read["errors"]
    (main,) = read["config"]
    http = next(each for each in main["parsed"] if each["directive"] == "http")["block"]
    upstream = next(each for each in http if each["directive"] == "upstream")["block"]
    assert [d["args"] for d in upstream if d["directive"] == "server"] == [
        ["a-0:8000"],
        ["a-1:8000"],
    ]
    assert "least_conn" in [d["directive"] for d in upstream]
    server = next(each for each in http if each["directive"] == "server")["block"]
    location = next(each for each in server if each["directive"] == "location")["block"]
    assert ["off"] in [d["args"] for d in location if d["directive"] == "proxy_buffering"]


def set_to(replicas: int = 1, **settings: str) -> dict[str, Any]:
    """Services of a deployment with settings typed."""
    served = record(answer(2), "compose", replicas=replicas, settings=settings)
    services: dict[str, Any] = loaded(compose.files(served)[0].text)["services"]
    return services


def test_vllms_router_may_stand_before_replicas() -> None:
    router = set_to(2, balancer="router")["router"]
    assert "http://qwen3-8b-0:8000,http://qwen3-8b-1:8000" in router["command"]
    assert "Qwen/Qwen3-8B,Qwen/Qwen3-8B" in router["command"]
    # a tag that moves would be another program one day
    assert re.fullmatch(r"lmcache/lmstack-router:v\d+\.\d+\.\d+", router["image"])
    other = {"balancer": "router", "router-image": "mine/router:1"}
    assert set_to(2, **other)["router"]["image"] == "mine/router:1"


def test_gpus_and_shared_memory_may_be_chosen() -> None:
    service = set_to(gpus="4,GPU-9f", shm="16g")["qwen3-8b"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device["device_ids"] == ["4", "GPU-9f"]
    assert service["shm_size"] == "16g"
    assert "ipc" not in service


@pytest.mark.parametrize(
    ("replicas", "settings", "says"),
    [
        (5, {}, "5 servers of 2 GPUs need 10, a host has 8"),
        (1, {"gpus": "1"}, "is not 2 GPUs"),
        (1, {"gpus": "1,$x"}, "is not 2 GPUs"),
        (2, {"balancer": "haproxy"}, "nginx or router"),
    ],
)
def test_what_cannot_be_is_refused(replicas: int, settings: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        set_to(replicas, **settings)


def test_settings_are_those_that_are_declared() -> None:
    assert set(settle(compose, "compose", {})) == {
        "gpus", "driver", "shm", "balancer", "router-image",
    }  # fmt: skip
