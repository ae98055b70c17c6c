from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InvalidInputError, PlannerError
from planner.model import catalog
from planner.model.dimensions import check_dimensions

ABSURD: list[dict[str, Any]] = [
    {"hidden_size": -4096},
    {"hidden_size": 0},
    {"hidden_size": 2**20 + 1},
    {"hidden_size": "4096"},
    {"hidden_size": 4096.5},
    {"hidden_size": True},
    {"hidden_size": float("nan")},
    {"hidden_size": float("inf")},
    {"hidden_size": 1e400},
    {"hidden_size": [4096, -1]},
    {"hidden_size": {"a": 1}},
    {"num_hidden_layers": 2001},
    {"num_attention_heads": 0},
    {"num_key_value_heads": -8},
    {"vocab_size": 2**24 + 1},
    {"n_routed_experts": 2**16 + 1},
    {"max_position_embeddings": 10**30},
    {"text_config": {"vision_config": {"intermediate_size": -1}}},
    {"block_configs": [{"ffn": {}}, {"attention": {"head_dim": -1}}]},
]


@pytest.mark.parametrize("config", ABSURD, ids=repr)
def test_an_absurd_size_is_refused_by_name(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_dimensions(config, "x.json")

    assert caught.value.message.startswith("x.json: ")


def test_the_message_says_where_and_what_it_may_be() -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_dimensions({"text_config": {"num_hidden_layers": -3}})

    assert caught.value.message == (
        "config.json: text_config.num_hidden_layers is -3, outside 1 to 2,000"
    )


@pytest.mark.parametrize(
    "config",
    [
        {"q_lora_rank": None, "sliding_window": None, "n_shared_experts": 0},
        {"sliding_window": -1, "first_k_dense_replace": 0, "num_local_experts": 0},
        {"hidden_size": 4096.0, "intermediate_size": [8192, 16384]},
        {"rope_scaling": {"factor": -1}, "anything_else": -5},
    ],
)
def test_what_real_files_carry_passes(config: dict[str, Any]) -> None:
    check_dimensions(config)


def test_every_catalogued_model_passes() -> None:
    for row in catalog.rows():
        check_dimensions(catalog.load(row).config, row.id)


keys = st.sampled_from(["hidden_size", "text_config", "num_hidden_layers", "head_dim", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(keys, json_values))
def test_any_object_passes_or_is_refused(config: dict[str, Any]) -> None:
    with suppress(PlannerError):
        check_dimensions(config)
