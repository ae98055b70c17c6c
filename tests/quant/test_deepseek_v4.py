"""DeepSeek-V4-Flash: its layers' bytes as vLLM 0.33.0 builds them at tensor parallelism 2.

The numbers are those of the reference (``vllm_oracle.py CONFIG --tp 2 --cc 9.0 --detail``) for
deepseek-ai/DeepSeek-V4-Flash and nvidia/DeepSeek-V4-Flash-NVFP4, one layer of the 43.
"""

from __future__ import annotations

from typing import Any

import pytest

from planner.errors import InvalidInputError
from planner.quant.base import ExpertShard, LinearShard, Stored
from planner.quant.read import read_quantization

LAYERS, INDEXERS, TP = 43, 21, 2
ATTENTION = "model.layers.5.attn."
EXPERTS = "model.layers.5.ffn.experts"
FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}
LEFT_OUT = ["*.attn.*", "*.ffn.shared_experts.*", "head", "mtp.*"]
NVFP4 = {**FP8, "moe_quant_algo": "NVFP4", "ignore": LEFT_OUT}


def _config(quantization: dict[str, Any], **keys: object) -> dict[str, Any]:
    return {"model_type": "deepseek_v4", "quantization_config": quantization, **keys}


def _bytes(tensors: tuple[Stored, ...]) -> int:
    return int(sum(tensor.tensor_bytes * tensor.count for tensor in tensors))


def _linear(
    outputs: tuple[int, ...], inputs: int, *, down: int = 1, across: int = 1
) -> LinearShard:
    return LinearShard(
        outputs=tuple(rows // down for rows in outputs),
        inputs=inputs // across,
        full_inputs=inputs,
        full_outputs=outputs,
        dtype_bytes=2,
        capability=90,
    )


SHARD = ExpertShard(
    experts=256,
    hidden=4096,
    intermediate=2048 // TP,
    full_intermediate=2048,
    gated=True,
    bias=False,
    expert_parallel=False,
    dtype_bytes=2,
    capability=90,
)


@pytest.mark.parametrize("stated", [FP8, NVFP4], ids=["mxfp4", "nvfp4"])
@pytest.mark.parametrize(
    ("name", "shard", "layers", "size"),
    [
        ("fused_wqa_wkv", _linear((1024, 512), 4096), LAYERS, 270_532_608 + 16_512),
        ("wq_b", _linear((32768,), 1024, down=TP), LAYERS, 721_420_288 + 44_032),
        ("wo_b", _linear((4096,), 8192, across=TP), LAYERS, 721_420_288 + 44_032),
        ("indexer.wq_b", _linear((8192,), 1024), INDEXERS, 176_160_768 + 10_752),
    ],
)
def test_a_linear_layers_scales_are_of_one_byte(
    stated: dict[str, Any], name: str, shard: LinearShard, layers: int, size: int
) -> None:
    scheme = read_quantization(_config(stated)).linear_scheme((ATTENTION + name,), ATTENTION + name)
    assert _bytes(scheme.linear(shard)) * layers == size


@pytest.mark.parametrize(
    ("stated", "scheme", "size"),
    [
        (FP8, "mxfp4", 46_170_898_432 + 2_885_681_152 + 23_085_449_216 + 1_442_840_576),
        (
            NVFP4,
            "nvfp4",
            46_170_898_432 + 5_771_362_304 + 23_085_449_216 + 2_885_681_152 + 3 * 88_064,
        ),
    ],
)
def test_experts_are_of_four_bits(stated: dict[str, Any], scheme: str, size: int) -> None:
    experts = read_quantization(_config(stated)).expert_scheme((f"{EXPERTS}.*.w1",), EXPERTS)
    assert experts.name == scheme
    assert _bytes(experts.experts(SHARD)) * LAYERS == size


def test_experts_that_nvfp4_leaves_out_stay_in_mxfp4() -> None:
    quantization = read_quantization(_config(NVFP4))
    assert quantization.expert_scheme(("mtp.0.ffn.experts.*.w1",), "mtp.0.ffn.experts").name == (
        "mxfp4"
    )


def test_experts_of_fp8_have_wide_scales() -> None:
    quantization = read_quantization(_config(FP8, expert_dtype="fp8"))
    experts = quantization.expert_scheme((f"{EXPERTS}.*.w1",), EXPERTS)
    blocks = SHARD.experts * (2048 * 4096 + 4096 * 1024) // 128**2
    assert _bytes(experts.experts(SHARD)) == SHARD.experts * 3 * 4096 * 1024 + 4 * blocks


@pytest.mark.parametrize("dtype", [None, "bf16"])
def test_other_experts_are_refused(dtype: str | None) -> None:
    with pytest.raises(InvalidInputError, match="expert_dtype"):
        read_quantization(_config(FP8, expert_dtype=dtype))
