"""Real vLLM on the CPU, brought by ``make e2e``; without it these tests are skipped."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

#: no GPU, no network, two cores: what vLLM needs to be told then
CPU = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    # else no more workers than NUMA nodes are allowed
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
}
#: bfloat16 needs instructions that not every virtual machine passes on
OPTIONS = ("--dtype", "float32", "--enforce-eager", "--max-model-len", "512")
TINY = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "vocab_size": 320,
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "hidden_act": "silu",
}
TOKENIZER = """
import sys
from tokenizers import ByteLevelBPETokenizer
tokenizer = ByteLevelBPETokenizer()
tokenizer.train_from_iterator(["a b c"], vocab_size=320, special_tokens=["<s>", "</s>"])
tokenizer.save(sys.argv[1])
"""
CHAT = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


@pytest.fixture(scope="session")
def vllm_python() -> str:
    """The Python that has vLLM."""
    named = os.environ.get("PLANNER_E2E_PYTHON")
    if not named:
        pytest.skip("make e2e brings vLLM and runs this")
    return os.path.abspath(named)  # noqa: PTH100 - resolving the link would leave the environment


@pytest.fixture(scope="session")
def tiny_model(vllm_python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of some kilobytes with a tokenizer of bytes, and no weights."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(TINY), encoding="utf-8")
    subprocess.run([vllm_python, "-c", TOKENIZER, str(folder / "tokenizer.json")], check=True)
    about = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "chat_template": CHAT,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


@pytest.fixture
def cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, and the variables for a machine without GPUs."""
    for name, value in CPU.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
