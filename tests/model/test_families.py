"""Families against vLLM 0.33.0's own answers, and against what checkpoints hold."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InvalidInputError
from planner.layout import Layouts
from planner.memory.stages import Stages
from planner.memory.weights import Weights, stage_tensors, weights
from planner.model import catalog
from planner.model.layer_kinds import layer_kinds
from planner.model.parameters import count_parameters
from planner.model.read import families, read_architecture
from planner.quant.read import read_quantization
from planner.quant.unquantized import UNQUANTIZED
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.architecture import Architecture
    from planner.quant.base import Quantization

DATA = Path(__file__).parents[1] / "data" / "families"
ROWS = list(csv.DictReader((DATA / "layouts.csv").read_text().splitlines()))
SMALL = json.loads((DATA / "small_configs.json").read_text())
EXAMPLES = {
    model: count for family in families().values() for model, count in family.EXAMPLES.items()
}
DIVISIBLE = ("meta-llama/Llama-3.1-8B-Instruct", "google/gemma-2-27b-it", "openai/gpt-oss-20b")


@cache
def config_of(model: str) -> dict[str, Any]:
    row = catalog.find(model)
    assert row is not None, f"{model} is not in the catalogue"
    return catalog.load(row).config


@cache
def architecture_of(model: str) -> Architecture:
    return read_architecture(config_of(model))


def weights_of(
    architecture: Architecture,
    layouts: Layouts,
    quantization: Quantization = UNQUANTIZED,
    *,
    dtype: str = "bfloat16",
    capability: int = 90,
) -> Weights:
    stages = Stages.of(layouts, architecture.num_layers)
    kinds = layer_kinds(architecture, quantization)
    tensors = stage_tensors(
        architecture,
        quantization,
        kinds,
        layouts,
        stages,
        dtype_bytes=DTYPE_BYTES[dtype],
        capability=capability,
    )
    return weights(tensors, stages)


def assert_answer(
    architecture: Architecture, quantization: Quantization, row: Mapping[str, str]
) -> None:
    layouts = Layouts.one(
        tp=int(row["tp"]), pp=int(row["pp"]), dp=int(row["dp"]), ep=bool(int(row["ep"]))
    )
    ours = weights_of(
        architecture, layouts, quantization, dtype=row["dtype"], capability=int(row["cc"])
    )
    assert "+".join(map(str, ours.parameter_bytes[0])) == row["parameter_bytes"]
    assert "+".join(map(str, ours.buffer_bytes[0])) == row["buffer_bytes"]
    assert architecture.max_model_len == int(row["max_model_len"])


@pytest.mark.parametrize("model", EXAMPLES)
def test_a_model_has_as_many_parameters_as_its_family_says(model: str) -> None:
    assert count_parameters(architecture_of(model)) == EXAMPLES[model]


@pytest.mark.parametrize("model", sorted({row["model"] for row in ROWS}))
def test_bytes_of_each_rank_are_those_vllm_builds(model: str) -> None:
    quantization = read_quantization(config_of(model))
    for row in ROWS:
        if row["model"] == model:
            assert_answer(architecture_of(model), quantization, row)


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case["name"])
def test_traits_that_no_published_model_shows_are_read(case: dict[str, Any]) -> None:
    for row in case["answers"]:
        assert_answer(read_architecture(case["config"]), UNQUANTIZED, row)


def test_families_do_not_share_an_architecture() -> None:
    named = [name for family in set(families().values()) for name in family.ARCHITECTURES]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("model", "whole", "text_alone"),
    [
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 109_497_183_232, 107_774_289_920),
        # its class knows no data-parallel encoder: vLLM divides it all the same
        ("google/gemma-3-4b-it", 4_308_983_920, 3_880_631_296),
    ],
)
def test_an_image_encoder_can_be_whole_on_each_rank_or_left_out(
    model: str, whole: int, text_alone: int
) -> None:
    architecture = architecture_of(model)
    two = Layouts.one(tp=2)
    assert weights_of(architecture.with_whole_tower(), two).parameter_bytes[0, 0] == whole
    assert weights_of(architecture.without_tower(), two).parameter_bytes[0, 0] == text_alone


@given(st.sampled_from(DIVISIBLE), st.sampled_from((1, 2, 4)), st.sampled_from((1, 2, 3)))
def test_ranks_together_hold_at_least_the_whole_model(model: str, tp: int, pp: int) -> None:
    architecture = architecture_of(model)
    parts = weights_of(architecture, Layouts.one(tp=tp, pp=pp)).parameter_bytes
    assert tp * parts.sum() >= 2 * count_parameters(architecture)


@given(st.sampled_from(DIVISIBLE), st.sampled_from((1, 2)))
def test_a_rank_holds_no_more_when_more_share(model: str, pp: int) -> None:
    sizes = np.array([1, 2, 4, 8])
    ones = np.ones_like(sizes)
    layouts = Layouts(tp=sizes, pp=ones * pp, dp=ones, ep=ones > 1, dcp=ones)
    by_size = weights_of(architecture_of(model), layouts).parameter_bytes
    assert (np.diff(by_size, axis=0) <= 0).all()


@pytest.mark.parametrize(
    ("model", "key", "value"),
    [
        ("google/gemma-2-27b-it", "layer_types", ["full_attention"]),
        ("deepseek-ai/DeepSeek-V3", "moe_layer_freq", 0),
        ("microsoft/phi-4", "num_attention_heads", "many"),
        ("meta-llama/Llama-3.1-8B-Instruct", "rope_scaling", {"factor": "large"}),
        ("XiaomiMiMo/MiMo-V2-Flash", "hybrid_layer_pattern", None),
    ],
)
def test_a_file_that_contradicts_itself_is_one_clear_error(
    model: str, key: str, value: object
) -> None:
    config = {**config_of(model), key: value}
    with pytest.raises(InvalidInputError, match=r"config\.json") as caught:
        read_architecture(config)
    assert caught.value.fix
