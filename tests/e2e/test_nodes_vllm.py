"""Plans over two hosts, both of them this machine: real vLLM, and a real Ray cluster."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run
from planner.launch.programs import path_of
from planner.runtime.calibrate.log_findings import log_findings
from planner.runtime.process import Command, Process
from planner.vllm.log import read_log
from tests.e2e.conftest import OPTIONS
from tests.e2e.processes import until
from tests.e2e.test_serve_vllm import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("marked")]
LIMIT_S = 300
CLUSTER = """
[[group]]
gpus = "2x1xT4@eth-25"
hosts = ["localhost", "localhost"]
addresses = ["127.0.0.1", "127.0.0.2"]
"""


def planned(folder: Path, model: Path, *words: str) -> str:
    """A plan whose two ranks lie on two hosts, where policy would rather have them on one."""
    (folder / "cluster.toml").write_text(CLUSTER, encoding="utf-8")
    path = folder / "plan.json"
    asked = ["--model", str(model), "--gpus", str(folder / "cluster.toml"), "-tp", "2"]
    asked += ["--allow", "PAR003", "--load-format", "dummy", *OPTIONS, *words]
    assert run(["recommend", *asked, "-o", str(path)]) == 0
    return str(path)


@pytest.fixture
def marked(cpu: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every process that is started carries a mark, and none is left."""
    monkeypatch.setenv("PLANNER_TEST", str(cpu))
    mark = f"PLANNER_TEST={cpu}".encode()
    yield
    assert until(lambda: not carrying(mark), 30), carrying(mark)


def carrying(mark: bytes) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                found.append(path.with_name("cmdline").read_text(errors="replace")[:200])
        except OSError:
            continue
    return found


def test_two_hosts_serve_by_vllm_s_own_way_and_end_together(
    cpu: Path, vllm_python: str, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = planned(cpu, tiny_model, "--master-port", str(free_port()))
    where = ["--host", "127.0.0.1", "--port", str(free_port()), "--served-model-name", "tiny"]
    words = ["--set", f"path={Path(vllm_python).parent}", "--timeout", str(LIMIT_S), "--check"]
    code = run(["launch", plan, "--to", "ssh", *words, *where])
    assert code == 0, capsys.readouterr().err


def test_ray_joins_two_hosts_and_vllm_s_refusal_is_explained(
    cpu: Path,
    vllm_python: str,
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # what each ray start finds on its host
    monkeypatch.setenv("RAY_OVERRIDE_RESOURCES", '{"GPU": 1}')
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    plan = planned(cpu, tiny_model)
    words = ["--set", f"path={Path(vllm_python).parent}", "--timeout", str(LIMIT_S), "--check"]
    assert run(["launch", plan, "--to", "ray", *words, "--port", str(free_port())]) == 4
    told = capsys.readouterr().err
    assert "RUN021" in told
    assert "current platform cpu does not support ray" in told


@pytest.fixture
def ray(cpu: Path, vllm_python: str, marked: None) -> Iterator[str]:  # noqa: ARG001 - set first
    """The address of a cluster of two hosts with two GPUs each, as they say."""
    port = free_port()
    program = str(Path(vllm_python).with_name("ray"))
    common = ("--num-cpus", "1", "--num-gpus", "2", "--disable-usage-stats", "--block")
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "0,1"}

    def start(name: str, *words: str) -> Process:
        argv = (program, "start", *words, *common)
        log = cpu / f"{name}.log"
        return Process(Command(argv=argv, environment=environment, folder=cpu, log=log))

    address = f"127.0.0.1:{port}"
    head = ("--head", "--port", str(port), "--include-dashboard", "false")
    with (
        start("head", *head, "--node-ip-address", "127.0.0.1"),
        start("worker", "--address", address, "--node-ip-address", "127.0.0.2"),
    ):
        yield address


def test_a_live_cluster_is_asked_what_it_has(
    ray: str, cpu: Path, vllm_python: str, tiny_model: Path
) -> None:
    def check(*numbers: int) -> tuple[int, str]:
        command = [vllm_python, str(path_of("ray_cluster")), *map(str, numbers)]
        environment = {**os.environ, "RAY_ADDRESS": ray}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    assert until(lambda: Path(cpu / "head.log").exists(), 10)
    code, said = check(2, 2, 2, 120)
    assert not code, said
    code, said = check(3, 2, 2, 0)
    assert code == 1
    assert "the Ray cluster is too small: 2 of 3 hosts with 2 GPUs have joined it" in said
    code, said = check(2, 4, 4, 0)
    assert "0 of 2 hosts with 4 GPUs" in said
    words = ["--set", f"cluster={ray}", "-o", str(cpu / "serve.sh")]
    assert run(["launch", planned(cpu, tiny_model), "--to", "ray", *words]) == 0
    path = f"{Path(vllm_python).parent}:{os.environ['PATH']}"
    with (cpu / "serve.log").open("wb") as log:
        command = [str(cpu / "serve.sh")]
        subprocess.run(
            command, env={**os.environ, "PATH": path}, stdout=log, stderr=log, check=False
        )
    facts = read_log(cpu / "serve.log")
    assert [found.code for found in log_findings(facts)] == ["RUN021"]
