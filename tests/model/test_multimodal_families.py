"""Models with encoders of images and sound, against what vLLM 0.33.0 itself builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import InvalidInputError
from planner.layout import Layouts
from planner.memory.stages import Stages
from planner.memory.weights import Weights, stage_tensors, weights
from planner.model.evenness import uneven
from planner.model.layer_kinds import layer_kinds
from planner.model.read import read_architecture
from planner.quant.read import read_quantization
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from planner.model.architecture import Architecture

DATA = Path(__file__).parents[1] / "data" / "families" / "multimodal.json"
CASES = {case["name"]: case for case in json.loads(DATA.read_text())}


def in_mode(architecture: Architecture, mode: str) -> Architecture:
    match mode:
        case "data":
            return architecture.with_whole_tower()
        case "text":
            return architecture.without_tower()
        case _:
            return architecture


def weights_of(config: dict[str, Any], row: dict[str, Any]) -> Weights:
    architecture = in_mode(read_architecture(config), row["mode"])
    quantization = read_quantization(config)
    layouts = Layouts.one(tp=row["tp"], pp=row["pp"], dp=row["dp"], ep=bool(row["ep"]))
    stages = Stages.of(layouts, architecture.num_layers)
    tensors = stage_tensors(
        architecture,
        quantization,
        layer_kinds(architecture, quantization),
        layouts,
        stages,
        dtype_bytes=DTYPE_BYTES[row["dtype"]],
        capability=row["cc"],
    )
    return weights(tensors, stages)


def heads_and_features(name: str, tp: int) -> dict[str, int]:
    layouts = Layouts.one(tp=tp)
    found = uneven(read_architecture(CASES[name]["config"]), layouts)
    return {part.name: part.size for part in found}


@pytest.mark.parametrize("name", CASES)
def test_bytes_of_each_rank_are_those_vllm_builds(name: str) -> None:
    for row in CASES[name]["answers"]:
        ours = weights_of(CASES[name]["config"], row)
        assert "+".join(map(str, ours.parameter_bytes[0])) == row["parameter_bytes"], row
        assert "+".join(map(str, ours.buffer_bytes[0])) == row["buffer_bytes"], row


@pytest.mark.parametrize("name", CASES)
def test_the_context_is_the_one_vllm_derives(name: str) -> None:
    case = CASES[name]
    architecture = read_architecture(case["config"])
    assert architecture.max_model_len == case["answers"][0]["max_model_len"]


def test_an_encoder_whose_heads_do_not_divide_is_refused() -> None:
    # vLLM: a bare AssertionError while the model is built
    assert "heads of visual.blocks.0.attn.proj" in heads_and_features("GLM-4.5V", 16)


def test_encoders_that_fall_back_to_whole_copies_are_not_refused() -> None:
    # 25 heads of InternViT-6B on four ranks, 16 heads of Kimi-K2.5 on 32
    assert heads_and_features("InternVL3-38B", 4) == {}
    assert heads_and_features("moonshotai/Kimi-K2.5", 32) == {}


def test_the_data_mode_is_ignored_by_classes_that_do_not_know_it() -> None:
    architecture = read_architecture(CASES["llava-hf/llava-1.5-7b-hf"]["config"])
    assert architecture.with_whole_tower() == architecture


def test_a_whole_encoder_asks_nothing_of_tensor_parallelism() -> None:
    architecture = read_architecture(CASES["Qwen/Qwen2.5-VL-3B-Instruct"]["config"])
    names = [part.name for part in uneven(architecture, Layouts.one(tp=8))]
    assert any(name.startswith("visual.") for name in names)
    whole = uneven(architecture.with_whole_tower(), Layouts.one(tp=8))
    assert not [part.name for part in whole if part.name.startswith("visual.")]


def test_kimi_keeps_positions_in_time_in_float32_where_its_encoder_is_quantized() -> None:
    config = CASES["moonshotai/Kimi-K2.5"]["config"]
    modelopt = {"quant_method": "modelopt", "quant_algo": "NVFP4", "exclude_modules": []}
    times = [
        module.dtype
        for given in (config, {**config, "quantization_config": modelopt})
        for block in read_architecture(given).tower
        for module in block.modules
        if module.name.endswith("time_weight") and hasattr(module, "dtype")
    ]
    assert times == [None, "float32"]


def test_an_unknown_version_of_minicpm_v_is_refused_with_the_known_ones() -> None:
    config = {**CASES["MiniCPM-V 4.5"]["config"], "version": 9.9}
    with pytest.raises(InvalidInputError, match=r"MiniCPM-V 9\.9"):
        read_architecture(config)


def test_an_unknown_image_encoder_beside_llava_is_refused() -> None:
    config = dict(CASES["llava-hf/llava-1.5-7b-hf"]["config"])
    config["vision_config"] = {"model_type": "dinov2"}
    with pytest.raises(InvalidInputError, match="dinov2"):
        read_architecture(config)


def test_without_its_encoder_a_model_needs_no_kernel_for_images() -> None:
    architecture = read_architecture(CASES["PaliGemma, default sizes"]["config"])
    caches = [cache for layer in architecture.kinds for cache in layer.caches]
    alone = [cache for layer in architecture.without_tower().kinds for cache in layer.caches]
    assert all(getattr(cache, "mm_prefix", False) for cache in caches)
    assert not any(getattr(cache, "mm_prefix", False) for cache in alone)


def test_deepseek_vl2_is_known_by_its_type_as_its_files_name_no_architecture() -> None:
    config = CASES["DeepSeek-VL2 tiny"]["config"]
    assert "architectures" not in config
    assert read_architecture(config).name == "DeepseekVLV2ForCausalLM"
