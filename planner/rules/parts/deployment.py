"""The manifest that rules about manifests show, right or wrong in one place."""

from __future__ import annotations

ARGS = '--model, Qwen/Qwen3-8B, --max-model-len, "8192"'
TWO_GPUS = f'{ARGS}, -tp, "2"'
TWO_HOSTS = '--model, Qwen/Qwen3-8B, -pp, "2", --nnodes, "2", --master-addr, head'
_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  template:
    spec:
      containers:
"""
_MOUNT = "volumeMounts: [{name: shm, mountPath: /dev/shm}]"
_VOLUME = "      volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 4Gi}}]\n"


def deployment(
    *lines: str,
    args: str = ARGS,
    image: str = "vllm/vllm-openai:v0.33.0",
    shared_memory: bool = False,
) -> str:
    """A Deployment of one container, with lines of YAML of its own behind image and arguments."""
    mounted = (_MOUNT,) if shared_memory else ()
    container = "\n".join((f"args: [{args}]", *lines, *mounted))
    inner = container.replace("\n", "\n          ")
    volume = _VOLUME if shared_memory else ""
    return f"{_MANIFEST}        - image: {image}\n          {inner}\n{volume}"
