from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError
from planner.targets.read import read_targets

if TYPE_CHECKING:
    from pathlib import Path

    from planner.targets.target import Target

COMPOSE = """\
x-gpus: &gpus
  devices:
    - driver: nvidia
      count: 2
      capabilities: [gpu]
services:
  proxy:
    image: nginx:1.29
  chat:
    image: vllm/vllm-openai:v0.31.1
    command:
      - --model
      - Qwen/Qwen3-32B
      - --tensor-parallel-size
      - "2"
    ipc: host
    shm_size: 16gb
    environment:
      - HF_TOKEN
      - NCCL_P2P_DISABLE=1
    deploy:
      resources:
        reservations: *gpus
  embed:
    image: registry.local/team/vllm:latest
    entrypoint: ["/bin/sh", "-c"]
    command: ["exec vllm serve BAAI/bge-m3 --max-model-len 8192"]
"""


@pytest.fixture
def read(tmp_path: Path) -> tuple[Target, ...]:
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE, encoding="utf-8")
    return read_targets([str(path)])


def test_each_service_that_serves_is_a_deployment(read: tuple[Target, ...]) -> None:
    assert [(t.part, t.model) for t in read] == [
        ("services.chat", "Qwen/Qwen3-32B"),
        ("services.embed", "BAAI/bge-m3"),
    ]


def test_an_option_stands_at_its_word(read: tuple[Target, ...]) -> None:
    chat, embed = read
    assert chat.arguments.tensor_parallel_size == 2
    place = chat.location("tensor_parallel_size")
    assert place is not None
    assert (place.line, place.column) == (14, 9)
    assert embed.location("max_model_len") is not None


def test_what_surrounds_the_server_is_read(read: tuple[Target, ...]) -> None:
    container = read[0].container
    assert container is not None
    assert (container.gpus, container.host_ipc, container.shm_bytes) == (2, True, 16 * 1024**3)
    assert container.release == read[0].vllm_version == "0.31"
    assert container.variables["HF_TOKEN"].value is None
    assert container.variables["NCCL_P2P_DISABLE"].value == "1"


def test_a_file_without_vllm_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text("services: {web: {image: nginx}}", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="runs no vLLM"):
        read_targets([str(path)])
