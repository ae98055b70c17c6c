from __future__ import annotations

import re

import pytest

from planner.errors import ExitCode, UnknownNameError
from planner.model import catalog
from planner.model.describe import list_models


def one(name: str) -> catalog.CatalogRow:
    row = catalog.find(name)
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("deepseek-ai/DeepSeek-R1", "deepseek-ai/DeepSeek-R1"),
        ("DEEPSEEK-AI/deepseek-r1", "deepseek-ai/DeepSeek-R1"),
        ("Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"),
        ("qwen2.5-7b-instruct", "Qwen/Qwen2.5-7B-Instruct"),
        ("gpt-oss-120b", "openai/gpt-oss-120b"),  # unsloth publishes it again
        ("Qwen3-8B-FP8", "Qwen/Qwen3-8B-FP8"),  # nvidia has one too
        ("gpt2", "openai-community/gpt2"),
    ],
)
def test_a_model_is_found_by_id_and_by_short_name(typed: str, meant: str) -> None:
    assert one(typed).id == meant


def test_a_short_name_of_two_makers_lists_both() -> None:
    with pytest.raises(UnknownNameError) as caught:
        catalog.find("Qwen3-32B-NVFP4")

    assert caught.value.exit_code == ExitCode.USAGE
    assert "nvidia/Qwen3-32B-NVFP4, RedHatAI/Qwen3-32B-NVFP4" in caught.value.cause
    assert "--model nvidia/Qwen3-32B-NVFP4" in caught.value.fix


@pytest.mark.parametrize("name", ["", "no-such-model", "Qwen", "no-org/Qwen2.5-7B-Instruct"])
def test_an_unknown_name_is_none(name: str) -> None:
    assert catalog.find(name) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Qwen2.5-7B-Instuct", "Qwen/Qwen2.5-7B-Instruct"),
        ("deepseek-ai/DeepSeek-R11", "deepseek-ai/DeepSeek-R1"),
        ("lama-3.1-8b-instruct", "meta-llama/Llama-3.1-8B-Instruct"),
    ],
)
def test_a_near_miss_suggests_what_was_meant(typed: str, meant: str) -> None:
    assert meant in catalog.suggestions(typed)


def test_the_catalogue_is_large_in_models_and_small_in_bytes() -> None:
    assert len(catalog.rows()) > 750
    assert sum(path.stat().st_size for path in catalog.DATA.iterdir()) < 1_500_000


def test_every_line_of_the_index_has_a_configuration() -> None:
    for row in catalog.rows():
        entry = catalog.load(row)
        assert entry.config["model_type"], row.id
        # two published files name none: vLLM needs --hf-overrides for them
        assert row.architecture in entry.config.get("architectures", [row.architecture])
        assert row.trust in catalog.TRUST
        assert entry.source


def test_ids_are_unique_in_any_case() -> None:
    assert len({row.id.lower() for row in catalog.rows()}) == len(catalog.rows())


def test_nothing_in_the_data_names_a_path_or_an_address() -> None:
    for path in catalog.DATA.iterdir():
        assert not re.search(r"https?://|\"/\w+/|/tmp|/home|/root", path.read_text())


def test_deepseek_r1_is_catalogued_as_published() -> None:
    row = one("deepseek-ai/DeepSeek-R1")
    entry = catalog.load(row)

    assert row.trust == "exact"
    assert row.checkpoint_bytes == 688_574_839_360  # with the MTP block and the fp8 scales
    assert entry.config["has_remote_code"] is True
    assert entry.config["kv_lora_rank"] == 512
    assert entry.config["quantization_config"]["weight_block_size"] == [128, 128]


def test_a_null_that_differs_from_the_class_default_is_kept() -> None:
    # MistralConfig's own default is a window of 4096, DeepseekV2Config's a rank of 1536
    assert catalog.load(one("Mistral-7B-Instruct-v0.3")).config["sliding_window"] is None
    assert catalog.load(one("DeepSeek-V2-Lite")).config["q_lora_rank"] is None


def test_modelopt_s_separate_file_is_part_of_the_configuration() -> None:
    config = catalog.load(one("nvidia/DeepSeek-V3.1-NVFP4")).config

    inner = config["quantization_config"]["quantization"]
    assert inner["quant_algo"] == "NVFP4"
    assert len(inner["exclude_modules"]) == 246


def test_long_lists_come_back_whole() -> None:
    config = catalog.load(one("zai-org/GLM-5-FP8")).config
    hybrid = catalog.load(one("Qwen/Qwen3.6-27B")).config["text_config"]

    assert len(set(config["quantization_config"]["modules_to_not_convert"])) > 500
    assert len(hybrid["layer_types"]) == hybrid["num_hidden_layers"]


def test_models_are_listed_by_part_of_the_name_and_by_pattern() -> None:
    assert {row["id"] for row in list_models("gpt-oss")} == {
        "openai/gpt-oss-20b",
        "openai/gpt-oss-120b",
        "unsloth/gpt-oss-20b",
        "unsloth/gpt-oss-120b",
    }
    assert [row["id"] for row in list_models("qwen/qwen3-?b-fp8")] == [
        "Qwen/Qwen3-4B-FP8",
        "Qwen/Qwen3-8B-FP8",
    ]
    assert len(list_models()) == len(catalog.rows())
