"""Lists of layers match whatever words lead their names."""

from __future__ import annotations

import pytest

from planner.errors import InvalidInputError
from planner.quant.names import ExactList, PartList, Patterns, matches, plain, wildcards

QKV = tuple(f"model.layers.3.self_attn.{part}_proj" for part in "qkv")
MERGED = "model.layers.3.self_attn.qkv_proj"
EXPERTS = tuple(f"model.layers.3.mlp.experts.0.{part}_proj" for part in ("gate", "up", "down"))


@pytest.mark.parametrize(
    "name",
    [
        "layers.3.mlp.gate",
        "model.layers.3.mlp.gate",
        "language_model.model.layers.3.mlp.gate",
        "model.language_model.layers.3.mlp.gate",
        "backbone.layers.3.mlp.gate",
    ],
)
def test_one_layer_has_one_plain_name(name: str) -> None:
    assert plain(name) == "layers.3.mlp.gate"


def test_a_merged_layer_is_listed_by_all_of_its_matrices() -> None:
    listed = ExactList.of(["language_model.model." + plain(name) for name in QKV])
    assert listed.has_linear(QKV, MERGED)


def test_a_merged_layer_is_listed_by_its_own_name() -> None:
    assert ExactList.of([MERGED]).has_linear(QKV, MERGED)


def test_a_merged_layer_of_two_precisions_is_refused_as_vllm_does() -> None:
    with pytest.raises(InvalidInputError, match=r"only some matrices of model\.layers\.3"):
        ExactList.of([QKV[0]]).has_linear(QKV, MERGED)


def test_a_whole_name_does_not_stand_for_what_it_begins() -> None:
    assert not ExactList.of(["model.layers.3.mlp.gate"]).has_linear(
        ("model.layers.3.mlp.gate_proj",), "model.layers.3.mlp.gate_proj"
    )


def test_experts_are_listed_by_any_name_of_theirs() -> None:
    listed = ExactList.of(["model.layers.3.mlp.experts.7.down_proj"])
    assert listed.has_experts(EXPERTS, "model.layers.3.mlp.experts")
    assert not listed.has_experts(EXPERTS, "model.layers.30.mlp.experts")


def test_a_part_of_a_name_lists_all_layers_that_contain_it() -> None:
    visual = PartList.of(["visual"])
    assert visual.has_linear(("visual.blocks.0.attn.qkv",), "visual.blocks.0.attn.qkv")
    assert not visual.has_linear(QKV, MERGED)


def test_a_part_that_names_the_root_is_anchored_there() -> None:
    listed = PartList.of(["model.layers.3.self_attn"])
    assert listed.has(MERGED)
    assert not listed.has("vision_tower.encoder.layers.3.self_attn.q_proj")


def test_expressions_see_the_name_as_vllm_leads_it() -> None:
    ignored = Patterns.of(["lm_head", r"re:.*self_attn.*", r"re:^model\.layers\.0\."])
    assert ignored.has_linear(QKV, MERGED)
    assert ignored.has("language_model.lm_head")
    assert ignored.has("language_model.model.layers.0.mlp.down_proj")
    assert not ignored.has("model.layers.1.mlp.down_proj")


def test_shell_patterns_reach_below_a_name() -> None:
    pattern = wildcards(["model.language_model.layers.1.linear_attn*", "*.mlp.shared_expert.*"])
    assert matches(pattern, "language_model.model.layers.1.linear_attn.out_proj")
    assert matches(pattern, "model.layers.9.mlp.shared_expert.down_proj")
    assert not matches(pattern, "model.layers.9.mlp.shared_expert_gate")


def test_a_broken_expression_is_the_checkpoints_error() -> None:
    with pytest.raises(InvalidInputError, match="invalid pattern"):
        Patterns.of(["re:(unclosed"]).has("model.layers.0.mlp.down_proj")
