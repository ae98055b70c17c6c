"""What ``planner validate`` takes for a repository's manifests, each of another deployment."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from planner.request import request
from planner.review import review
from planner.targets.reading import read_all

MANIFESTS = 1_000
#: one deployment each: no two of them are alike
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: chat-{number}}}
spec:
  replicas: 2
  template:
    spec:
      nodeSelector: {{nvidia.com/gpu.product: {board}}}
      containers:
        - name: vllm
          image: vllm/vllm-openai:v0.33.0
          args: [--model, {model}, --max-model-len, "{length}", -tp, "2"]
          env:
            - {{name: HF_TOKEN, valueFrom: {{secretKeyRef: {{name: hub, key: token}}}}}}
          resources: {{limits: {{nvidia.com/gpu: 2}}}}
          volumeMounts: [{{name: shm, mountPath: /dev/shm}}]
      volumes:
        - {{name: shm, emptyDir: {{medium: Memory, sizeLimit: 4Gi}}}}
"""
SERVED = ("Qwen/Qwen3-8B", "Qwen/Qwen3-32B", "openai/gpt-oss-20b", "Qwen/Qwen3-30B-A3B")
BOARDS = ("NVIDIA-L40S", "NVIDIA-H100-80GB-HBM3", "NVIDIA-A100-SXM4-80GB")


def judged_seconds() -> tuple[float, int]:
    """Of reading and judging all in one run, on the clock; and how many could be judged."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(MANIFESTS):
            text = MANIFEST.format(
                number=number,
                model=SERVED[number % len(SERVED)],
                board=BOARDS[number % len(BOARDS)],
                length=2048 + 8 * number,
            )
            Path(folder, f"{number}.yaml").write_text(text, encoding="utf-8")
        started = time.perf_counter()
        answer = review(request(offline=True, calibration=False), read_all([folder]), environ={})
        seconds = time.perf_counter() - started
    return seconds, sum(target.layout is not None for target in answer.targets)
