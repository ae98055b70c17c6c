"""Shared memory and probes are put where containers take them from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.targets.read import read_targets
from tests.fixes.mended import mended, text_after

if TYPE_CHECKING:
    from pathlib import Path

ARGS = '[--model, Qwen/Qwen3-8B, --max-model-len, "8192", -tp, "2"]'
COMPOSE = f"services:\n  chat:\n    image: vllm/vllm-openai:v0.33.0\n    command: {ARGS}\n"
POD = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: chat}}
spec:
  containers:
  - image: vllm/vllm-openai:v0.33.0
    args: {ARGS}
    resources: {{limits: {{nvidia.com/gpu: 2}}}}
"""
TWO_HOSTS = '[--model, Qwen/Qwen3-8B, -tp, "2", -pp, "2", --nnodes, "2", --master-addr, a'
TEMPLATE = f"""\
      spec:
        containers:
          - image: vllm/vllm-openai:v0.33.0
            args: {TWO_HOSTS}, --node-rank, "RANK"]
            resources: {{limits: {{nvidia.com/gpu: 2}}}}
"""
LEADER_AND_WORKERS = f"""\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {{name: chat}}
spec:
  leaderWorkerTemplate:
    size: 2
    leaderTemplate:
{TEMPLATE.replace("RANK", "0")}\
    workerTemplate:
{TEMPLATE.replace("RANK", "1")}"""


def test_a_service_is_given_shared_memory(tmp_path: Path) -> None:
    after = text_after(COMPOSE + "# end\n", tmp_path / "c.yaml", "2xH100")
    assert after == COMPOSE + "    shm_size: 4gb\n# end\n"


def test_a_size_that_is_too_small_is_raised(tmp_path: Path) -> None:
    text = COMPOSE + "    shm_size: '64m' # usual\n"
    assert text_after(text, tmp_path / "c.yaml", "2xH100") == text.replace("64m", "4gb")


def test_docker_run_is_given_shared_memory(tmp_path: Path) -> None:
    text = "#!/bin/sh\ndocker run --rm --gpus all vllm/vllm-openai:v0.33.0 Qwen/Qwen3-8B -tp 2\n"
    after = text_after(text, tmp_path / "c.sh", "2xH100")
    assert after == text.replace("run --rm", "run --shm-size=4gb --rm")


@pytest.mark.parametrize("size", ["--shm-size 64m", "--shm-size=64m", "--shm-size='64m'"])
def test_a_size_of_docker_run_is_raised(size: str, tmp_path: Path) -> None:
    text = f"#!/bin/sh\ndocker run {size} vllm/vllm-openai:v0.33.0 --model Qwen/Qwen3-8B -tp 2\n"
    after = text_after(text, tmp_path / "c.sh", "2xH100")
    assert after.replace("'", "") == text.replace("64m", "4gb").replace("'", "")


@pytest.mark.parametrize(
    ("container", "spec"),
    [
        ("", ""),
        ("    volumeMounts: [{name: cache, mountPath: /root/.cache}]\n", "  volumes: []\n"),
        (
            "    volumeMounts:\n    - name: shm\n      mountPath: /models # weights\n",
            "  volumes:\n  - name: shm\n    emptyDir: {}\n",
        ),
        (
            "    volumeMounts: [{name: s, mountPath: /dev/shm}]\n",
            "  volumes: [{name: s, emptyDir: {medium: Memory, sizeLimit: 64Mi}}]\n",
        ),
    ],
    ids=["nothing", "lists in a line", "a volume of that name", "too small"],
)
def test_a_pod_is_given_a_volume_in_memory(container: str, spec: str, tmp_path: Path) -> None:
    file = tmp_path / "pod.yaml"
    after = text_after(POD + container + spec, file, "2xH100")
    file.write_text(after, encoding="utf-8")
    around = read_targets([str(file)])[0].container
    assert around is not None
    assert around.shm_bytes == 4 * 1024**3
    kept = [line for line in (POD + container).splitlines() if "volume" not in line]
    assert [line for line in after.splitlines() if line in kept] == kept


def test_a_pod_without_lists_is_given_both_in_the_style_of_the_file(tmp_path: Path) -> None:
    assert text_after(POD, tmp_path / "pod.yaml", "2xH100") == POD + (
        "    volumeMounts:\n    - name: shm\n      mountPath: /dev/shm\n"
        "  volumes:\n  - name: shm\n    emptyDir:\n      medium: Memory\n      sizeLimit: 4Gi\n"
    )


def test_leader_and_workers_are_given_it(tmp_path: Path) -> None:
    after = text_after(LEADER_AND_WORKERS, tmp_path / "lws.yaml", "2x2xH100")
    assert after.count("mountPath: /dev/shm") == 2
    assert after.count("medium: Memory") == 2


@pytest.mark.parametrize(
    "probe",
    [
        "    livenessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 10}\n",
        "    livenessProbe:\n      httpGet: {path: /health, port: 8000}\n",
        "    startupProbe:\n      httpGet: {path: /health, port: 8000}\n",
        "    startupProbe: {exec: {command: [ls]}, periodSeconds: 5, failureThreshold: 3} # !\n",
    ],
)
def test_a_probe_lets_the_server_start(probe: str, tmp_path: Path) -> None:
    file = tmp_path / "pod.yaml"
    file.write_text(POD.replace("spec:\n", "spec:\n  hostIPC: true\n") + probe, encoding="utf-8")
    made = mended(file, "2xH100")
    assert [each.code for each in made.fixed] == ["RUN023"]
    around = made.reading.targets[0].container
    assert around is not None
    patience = {each.kind: each.patience_s for each in around.probes}
    assert patience["startup"] > 60
