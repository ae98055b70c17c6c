from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run
from planner.targets.read import read_targets

if TYPE_CHECKING:
    from pathlib import Path

LWS = """\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: r1}
spec:
  leaderWorkerTemplate:
    size: 2
    leaderTemplate:
      spec:
        nodeSelector: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}
        containers:
          - name: vllm
            image: vllm/vllm-openai:v0.33.0
            args: [--model, deepseek-ai/DeepSeek-R1, -tp, "8", -pp, "2", --nnodes, "2",
                   --node-rank, "0", --master-addr, $(LWS_LEADER_ADDRESS)]
            env:
              - name: HF_TOKEN
                valueFrom: {secretKeyRef: {name: hf, key: token}}
            resources: {limits: {nvidia.com/gpu: "8"}}
            volumeMounts: [{name: shm, mountPath: /dev/shm}]
            startupProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 10,
                           failureThreshold: 120}
        volumes:
          - name: shm
            emptyDir: {medium: Memory, sizeLimit: 16Gi}
    workerTemplate:
      spec:
        containers:
          - name: vllm
            image: vllm/vllm-openai:v0.33.0
            args: [--model, deepseek-ai/DeepSeek-R1, -tp, "8", -pp, "2", --nnodes, "2",
                   --node-rank, $(LWS_WORKER_INDEX), --headless]
            resources: {limits: {nvidia.com/gpu: "8"}}
---
apiVersion: v1
kind: Service
metadata: {name: r1}
"""


def test_leader_and_workers_are_one_deployment(tmp_path: Path) -> None:
    path = tmp_path / "r1.yaml"
    path.write_text(LWS, encoding="utf-8")
    (target,) = read_targets([str(path)])
    assert (target.part, target.model) == ("LeaderWorkerSet/r1", "deepseek-ai/DeepSeek-R1")
    assert target.gpus == ("2x8xNVIDIA-A100-SXM4-80GB",)
    assert [c.arguments.node_rank for c in target.commands] == [0, 1]
    container = target.container
    assert container is not None
    assert (container.gpus, container.shm_bytes, container.release) == (8, 16 * 1024**3, "0.33")
    assert container.variables["HF_TOKEN"].value is None
    assert [(p.kind, p.patience_s) for p in container.probes] == [("startup", 1200)]
    place = target.location("pipeline_parallel_size")
    assert place is not None
    assert place.line == 13


def test_two_dollar_signs_are_one(tmp_path: Path) -> None:
    path = tmp_path / "r1.yaml"
    path.write_text(LWS.replace("deepseek-ai/DeepSeek-R1", "my/$$(MODEL)"), encoding="utf-8")
    (target,) = read_targets([str(path)])
    assert target.model == "my/$(MODEL)"


def test_a_variable_of_the_pod_is_put_in(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(
        """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  template:
    spec:
      hostIPC: true
      nodeSelector: {node.kubernetes.io/instance-type: p4d.24xlarge}
      containers:
        - image: vllm/vllm-openai:v0.31.0
          command: [sh, -c, "vllm serve $(MODEL) --max-model-len 8192"]
          env: [{name: MODEL, value: Qwen/Qwen3-8B}]
""",
        encoding="utf-8",
    )
    (target,) = read_targets([str(path)])
    assert (target.model, target.gpus) == ("Qwen/Qwen3-8B", ("1xp4d.24xlarge",))
    assert target.arguments.max_model_len == 8192
    assert target.container is not None
    assert target.container.host_ipc


@pytest.mark.parametrize(
    ("model", "gpus", "to"),
    [
        ("Qwen/Qwen3-32B", "4xL40S", "kubernetes"),
        ("Qwen/Qwen3-32B", "4xL40S", "compose"),
        ("deepseek-ai/DeepSeek-R1", "2x8xA100", "kubernetes"),
        ("Qwen/Qwen3-0.6B", "2xMI300X", "kubernetes"),
        ("Qwen/Qwen3-0.6B", "2xMI300X", "compose"),
    ],
)
def test_what_launchers_write_is_read_back_without_an_error(
    model: str, gpus: str, to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--model", model, "--gpus", gpus, "--to", to, "-o", str(tmp_path), "--offline"]
    assert run(["launch", *asked]) == 0
    (file,) = tmp_path.glob("*.yaml")
    capsys.readouterr()
    assert run(["validate", str(file), "--gpus", gpus, "--offline"]) == 0, capsys.readouterr().out
