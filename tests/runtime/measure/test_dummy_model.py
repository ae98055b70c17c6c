from __future__ import annotations

import json
from typing import TYPE_CHECKING

from planner.model.source import find_model
from planner.runtime.measure.dummy_model import (
    dummy_config,
    fingerprint,
    has_tokenizer,
    write_model,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_model_of_the_catalogue_becomes_a_directory(tmp_path: Path) -> None:
    source = find_model("deepseek-ai/DeepSeek-V2-Lite", offline=True, environ={})
    config = dummy_config(source.config, {"num_hidden_layers": 2})
    folder = write_model(config, source.id, tmp_path)
    assert folder.name.startswith("DeepSeek-V2-Lite-")
    written = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert written["num_hidden_layers"] == 2
    assert written["architectures"] == ["DeepseekV2ForCausalLM"]
    assert "has_remote_code" not in written, "the checkpoint's own code is not asked for"
    assert source.config["num_hidden_layers"] == 27, "the catalogue's entry is left as it was"


def test_overrides_reach_into_nested_parts() -> None:
    config = {"text_config": {"num_hidden_layers": 34, "hidden_size": 2560}, "vision_config": {}}
    overrides = {"text_config": {"num_hidden_layers": 4}, "vision_config": None}
    assert dummy_config(config, overrides) == {
        "text_config": {"num_hidden_layers": 4, "hidden_size": 2560},
        "vision_config": None,
    }


def test_gptq_is_quantized_without_the_headers_of_a_checkpoint() -> None:
    plain = {"quant_method": "gptq", "bits": 4}
    found = dummy_config({"quantization_config": plain}, {})["quantization_config"]
    assert found == {**plain, "modules_in_block_to_quantize": ["."]}
    named = {**plain, "modules_in_block_to_quantize": ["q_proj"]}
    assert dummy_config({"quantization_config": named}, {})["quantization_config"] == named
    awq = {"quantization_config": {"quant_method": "awq", "bits": 4}}
    assert dummy_config(awq, {}) == awq


def test_modules_that_modelopt_left_alone_have_the_name_that_every_release_reads() -> None:
    # 0.26 on an H100 quantized the head of such a model: 0.75 GiB less than it should hold
    source = find_model("nvidia/Qwen3-8B-NVFP4", offline=True, environ={})
    assert "ignore" not in source.config["quantization_config"]
    assert dummy_config(source.config, {})["quantization_config"]["ignore"] == ["lm_head"]


def test_the_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_a_models_own_directory_gives_tokenizer_and_processors_but_no_weights(
    tmp_path: Path,
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in (
        "config.json",
        "tokenizer.json",
        "preprocessor_config.json",
        "model.safetensors",
        "model.safetensors.index.json",
        "modeling.py",
    ):
        (own / name).write_text("{}", encoding="utf-8")
    config = {"model_type": "llama"}
    for typed in (own, own / "config.json"):
        folder = write_model(config, str(typed), tmp_path / "dummy")
        assert sorted(file.name for file in folder.iterdir()) == [
            "config.json",
            "preprocessor_config.json",
            "tokenizer.json",
        ]
        assert has_tokenizer(folder)
        assert json.loads((folder / "config.json").read_text(encoding="utf-8")) == config


def test_an_id_has_no_files_of_its_own(tmp_path: Path) -> None:
    folder = write_model({}, "Qwen/Qwen3-8B", tmp_path)
    assert [file.name for file in folder.iterdir()] == ["config.json"]
    assert not has_tokenizer(folder)
