"""A folder with a tiny model and a server that only pretends to be vLLM."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from tests.runtime import fake_server

if TYPE_CHECKING:
    from pathlib import Path

#: of 14 GiB, so that a log of 1.5 GiB of weights and 9.25 GiB of cache is plausible
TINY = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_hidden_layers": 4,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "vocab_size": 32000,
    "max_position_embeddings": 4096,
    "torch_dtype": "float16",
}


@pytest.fixture
def port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        free: int = opened.getsockname()[1]
        return free


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_server.install(tmp_path / "site")
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text(json.dumps(TINY), encoding="utf-8")
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    # what a start leaves behind is seen there
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    for name in ("VLLM_API_KEY", "HF_TOKEN", "HF_ENDPOINT", "VLLM_USE_MODELSCOPE", "FAKE_VLLM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
