"""The program that ``planner launch --to offline`` writes, run by real vLLM."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from planner.launch import offline
from tests.launch.served_cases import answer, record

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e
LIMIT_S = 300.0


def test_a_batch_is_answered(cpu: Path, vllm_python: str, tiny_model: Path) -> None:
    model = shutil.copytree(tiny_model, cpu / "tiny's 'odd' folder")
    options = {
        "--dtype": "float32",
        "--enforce-eager": True,
        "--max-model-len": "512",
        "--load-format": "dummy",
        "--port": "9000",
        "--gpu-memory-utilization": 0.5,
    }
    served = record(answer(model=str(model), options=options), "offline")
    (file,) = offline.files(served)
    (cpu / file.path).write_text(file.text, encoding="utf-8")
    requests = [
        {"id": "first", "prompt": "a b c", "max_tokens": 4, "ignore_eos": True},
        {"messages": [{"role": "user", "content": "a b"}], "max_tokens": 2, "ignore_eos": True},
        {"prompt": "c", "max_tokens": 3, "n": 2, "temperature": 1.0, "ignore_eos": True},
    ]
    prompts = cpu / "prompts.jsonl"
    prompts.write_text("".join(f"{json.dumps(each)}\n" for each in requests), encoding="utf-8")
    command = [vllm_python, file.path, prompts.name, "answers.jsonl"]
    log = cpu / "log"
    with log.open("w") as out:
        done = subprocess.run(
            command, cwd=cpu, stdout=out, stderr=out, timeout=LIMIT_S, check=False
        )
    assert not done.returncode, log.read_text(encoding="utf-8")[-4000:]
    text = (cpu / "answers.jsonl").read_text(encoding="utf-8")
    first, second, third = (json.loads(line) for line in text.splitlines())
    assert first["id"] == "first"
    assert [each["completion_tokens"] for each in (first, second, third)] == [4, 2, 3]
    assert len(third["others"]) == 1
