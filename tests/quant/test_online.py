"""Methods of ``--quantization`` on 16-bit checkpoints, and logged sizes of quantized ones."""

from __future__ import annotations

import pytest

from planner.errors import InvalidInputError
from planner.layout import Layouts
from planner.memory.stages import Stages
from planner.memory.weights import stage_tensors, weights
from planner.model import catalog
from planner.model.layer_kinds import layer_kinds
from planner.model.read import read_architecture
from planner.quant.online import METHODS
from planner.quant.read import read_quantization
from planner.units import gib
from tests.quant.tiny import config, layout, parameter_bytes

FP8 = [method for method in METHODS if method.startswith("fp8")]


@pytest.mark.parametrize("method", FP8)
def test_fp8_halves_the_layers_and_leaves_the_vocabulary(method: str) -> None:
    stated = config("dense")
    whole = parameter_bytes(stated, layout(1))[0]
    vocabulary = 2 * 1024 * stated["hidden_size"] * 2
    halved = vocabulary + (whole - vocabulary) / 2
    assert parameter_bytes(stated, layout(1), asked=method)[0] == pytest.approx(halved, rel=0.005)


@pytest.mark.parametrize("method", ["int8_per_channel_weight_only", "nvfp4_per_token"])
def test_methods_for_experts_leave_linear_layers_alone(method: str) -> None:
    dense, moe = config("dense"), config("moe")
    assert parameter_bytes(dense, layout(1), asked=method) == parameter_bytes(dense, layout(1))
    assert parameter_bytes(moe, layout(1), asked=method) < parameter_bytes(moe, layout(1))


@pytest.mark.parametrize(
    ("method", "capability"),
    [("fp8", 75), ("fp8_per_channel", 89), ("nvfp4_per_token", 100), ("experts_int8", 80)],
)
def test_a_method_names_the_least_gpu(method: str, capability: int) -> None:
    assert read_quantization(config("dense"), method).min_capability == capability


def test_online_experts_in_blocks_are_padded_to_whole_blocks() -> None:
    four = parameter_bytes(config("moe"), layout(4), asked="fp8_per_block")[0]
    spread = parameter_bytes(config("moe"), layout(4, ep=True), asked="fp8_per_block")[0]
    assert four > spread


def test_a_checkpoints_method_cannot_be_made_while_loading() -> None:
    with pytest.raises(InvalidInputError, match="gptq cannot be made of a 16-bit checkpoint"):
        read_quantization(config("dense"), "gptq")


@pytest.mark.parametrize(
    ("model", "asked", "tp", "logged_gib"),
    [
        # sizes that vLLM 0.10 to 0.19 printed when loading, in public reports of 2025 and 2026
        ("meta-llama/Llama-3.1-8B-Instruct", "fp8", 1, 8.49),
        ("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", None, 1, 67.72),
        ("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", None, 2, 33.88),
        ("Qwen/Qwen3-8B-FP8", None, 1, 8.80),
    ],
)
def test_sizes_are_those_that_vllm_logged(
    model: str, asked: str | None, tp: int, logged_gib: float
) -> None:
    row = catalog.find(model)
    assert row is not None
    stated = catalog.load(row).config
    architecture, quantization = read_architecture(stated), read_quantization(stated, asked)
    layouts = Layouts.one(tp=tp)
    stages = Stages.of(layouts, architecture.num_layers)
    tensors = stage_tensors(
        architecture,
        quantization,
        layer_kinds(architecture, quantization),
        layouts,
        stages,
        dtype_bytes=2,
        capability=90,
    )
    assert gib(int(weights(tensors, stages).constructed_bytes[0, 0])) == pytest.approx(
        logged_gib, rel=0.003
    )
