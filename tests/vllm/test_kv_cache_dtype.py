"""What the KV cache's number format becomes, and what vLLM refuses of it."""

from __future__ import annotations

from typing import Any

import pytest

from planner.errors import UsageError
from planner.vllm.kv_cache_dtype import refuse_kv_cache_dtype, resolve_kv_cache_dtype


@pytest.mark.parametrize(
    ("asked", "quantization", "found"),
    [
        ("auto", None, "auto"),
        ("auto", {"quant_method": "fp8"}, "auto"),
        ("auto", {"quant_method": "modelopt", "kv_cache_quant_algo": "FP8"}, "fp8_e4m3"),
        (
            "auto",
            {"quant_method": "modelopt", "quantization": {"kv_cache_quant_algo": "NVFP4"}},
            "nvfp4",
        ),
        (
            "auto",
            {
                "quant_method": "modelopt_fp4",
                "kv_cache_scheme": {"dynamic": False, "num_bits": 8, "type": "float"},
            },
            "fp8_e4m3",
        ),
        ("auto", {"quant_method": "modelopt", "kv_cache_quant_algo": "INT8"}, "auto"),
        ("auto", {"quant_method": "compressed-tensors", "kv_cache_scheme": {}}, "auto"),
        (
            "auto",
            {"quant_method": "compressed-tensors", "kv_cache_scheme": {"num_bits": 8}},
            "fp8",
        ),
        ("bfloat16", {"quant_method": "modelopt", "kv_cache_quant_algo": "FP8"}, "bfloat16"),
    ],
)
def test_auto_is_what_the_checkpoint_states(
    asked: str, quantization: dict[str, Any] | None, found: str
) -> None:
    assert resolve_kv_cache_dtype(asked, quantization) == found


def test_a_model_class_may_choose_on_blackwell() -> None:
    glm = "GlmMoeDsaForCausalLM"
    assert resolve_kv_cache_dtype("auto", architecture=glm, capability=100) == "fp8_e4m3"
    assert resolve_kv_cache_dtype("auto", architecture=glm, capability=90) == "auto"
    assert resolve_kv_cache_dtype("bfloat16", architecture="DeepseekV32ForCausalLM") == "auto"


@pytest.mark.parametrize(
    ("name", "dtype", "facts"),
    [
        ("float16", "bfloat16", {}),
        ("bfloat16", "float16", {}),
        ("nvfp4", "bfloat16", {"mla": True}),
        ("fp8_e5m2", "bfloat16", {"fp8_scales": True}),
    ],
)
def test_what_does_not_go_with_the_model_is_refused(
    name: str, dtype: str, facts: dict[str, bool]
) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_kv_cache_dtype(name, dtype=dtype, **({"mla": False} | facts))
    assert caught.value.fix.startswith("use --kv-cache-dtype")


@pytest.mark.parametrize("name", ["auto", "fp8", "nvfp4", "fp8_e5m2", "bfloat16"])
def test_what_goes_with_the_model_is_not(name: str) -> None:
    refuse_kv_cache_dtype(name, dtype="bfloat16", mla=False)
