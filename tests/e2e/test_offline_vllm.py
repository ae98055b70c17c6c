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
#: an adapter of rank 8 of the first layer's query projection
ADAPTER = """
import json, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
folder = Path(sys.argv[1])
folder.mkdir()
name = "base_model.model.model.layers.0.self_attn.q_proj"
save_file(
    {f"{name}.lora_A.weight": torch.ones(8, 64), f"{name}.lora_B.weight": torch.ones(128, 8)},
    folder / "adapter_model.safetensors",
)
config = {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "target_modules": ["q_proj"]}
(folder / "adapter_config.json").write_text(json.dumps(config))
"""


def test_a_batch_is_answered(cpu: Path, vllm_python: str, tiny_model: Path) -> None:
    model = shutil.copytree(tiny_model, cpu / "tiny's 'odd' folder")
    options = {
        "--dtype": "float32",
        "--enforce-eager": True,
        "--max-model-len": "512",
        "--load-format": "dummy",
        "--port": "9000",
        "--gpu-memory-utilization": 0.5,
        "--chat-template": str(cpu / "nine.jinja"),
        "--enable-lora": True,
        "--max-lora-rank": "8",
        "--lora-modules": [f"it's={cpu / 'adapter'}"],
    }
    (cpu / "nine.jinja").write_text("{{ 'a ' * 9 }}", encoding="utf-8")
    subprocess.run([vllm_python, "-c", ADAPTER, str(cpu / "adapter")], check=True)
    served = record(answer(model=str(model), options=options), "offline")
    (file,) = offline.files(served)
    (cpu / file.path).write_text(file.text, encoding="utf-8")
    requests = [
        {"id": "first", "prompt": "a b c", "max_tokens": 4, "ignore_eos": True},
        {"messages": [{"role": "user", "content": "a b"}], "max_tokens": 2, "ignore_eos": True},
        {"prompt": "c", "max_tokens": 3, "n": 2, "temperature": 1.0, "ignore_eos": True},
        {"prompt": "a b c", "model": "it's", "max_tokens": 4, "ignore_eos": True},
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
    first, second, third, adapted = (json.loads(line) for line in text.splitlines())
    assert first["id"] == "first"
    assert [each["completion_tokens"] for each in (first, second, third)] == [4, 2, 3]
    assert len(third["others"]) == 1
    assert second["prompt_tokens"] > 9, "the template given is the one that is used"
    assert adapted["completion_tokens"] == 4
