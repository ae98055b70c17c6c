"""Who brings DeepGEMM's workspace: starts of 0.26 print it among the weights."""

from __future__ import annotations

from typing import Any

import pytest

from planner.units import MIB
from tests.memory.stages_of import stages_of

QWEN, LATENT = "Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V2-Lite"


def added(
    model: str, options: dict[str, Any] | None = None, gpus: str = "H100", version: str = "0.26"
) -> int:
    return stages_of(model, gpus, vllm_version=version, **(options or {}))[0].post_load_bytes


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (LATENT, {}),
        (QWEN, {"kv_cache_dtype": "fp8"}),
        ("RedHatAI/DeepSeek-R1-Distill-Llama-8B-FP8-dynamic", {}),
    ],
)
def test_what_quantizes_to_fp8_loads_it(model: str, options: dict[str, Any]) -> None:
    assert added(model, options) == 32 * MIB
    assert added(model, options, "A100") < 32 * MIB


def test_others_do_not() -> None:
    assert added(QWEN) == 0
    assert added(LATENT, version="0.22") == 0
    assert added(LATENT, {"environment": {"VLLM_USE_DEEP_GEMM": "0"}}) == 0
