from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from planner.targets.read import read_targets
from planner.targets.shell_words import read_script

if TYPE_CHECKING:
    from pathlib import Path

    from planner.targets.target import Target

JOB = """\
#!/bin/bash
#SBATCH --nodes=2
#SBATCH --gres=gpu:a100:8
export MODEL=deepseek-ai/DeepSeek-R1
TP=8
PORT="${PORT:-8000}"
srun --ntasks=1 vllm serve "$MODEL" \\
  --tensor-parallel-size $TP \\
  -pp 2 --nnodes 2 --node-rank 0 --port $PORT &
srun --ntasks=1 vllm serve $MODEL -tp ${TP} -pp 2 --nnodes 2 --node-rank 1 --headless
"""
DOCKER = """\
#!/bin/sh
docker run --rm -it --gpus 2 --shm-size=64m -e HF_TOKEN -e "NCCL_DEBUG=INFO" -p 8000:8000 \\
  vllm/vllm-openai:v0.31.0 --model Qwen/Qwen3-32B -tp 2
"""


def read(tmp_path: Path, text: str) -> tuple[Target, ...]:
    path = tmp_path / "run.sh"
    path.write_text(text, encoding="utf-8")
    return read_targets([str(path)])


def test_a_job_is_one_deployment_on_its_hosts(tmp_path: Path) -> None:
    (target,) = read(tmp_path, JOB)
    assert (target.model, target.gpus) == ("deepseek-ai/DeepSeek-R1", ("2x8xa100",))
    assert [c.arguments.node_rank for c in target.commands] == [0, 1]
    assert target.arguments.tensor_parallel_size == 8
    place = target.location("tensor_parallel_size")
    assert place is not None
    assert place.line == 8


def test_docker_run_is_taken_apart(tmp_path: Path) -> None:
    (target,) = read(tmp_path, DOCKER)
    container = target.container
    assert container is not None
    assert (target.model, target.vllm_version) == ("Qwen/Qwen3-32B", "0.31")
    assert (container.gpus, container.shm_bytes) == (2, 64 * 1024**2)
    assert container.variables["HF_TOKEN"].value is None
    assert container.variables["NCCL_DEBUG"].value == "INFO"


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_script(text)
