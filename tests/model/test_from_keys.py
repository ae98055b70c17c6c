"""A model class that no family knows: computed from its keys where they tell, else refused."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner import estimate
from planner.errors import InvalidInputError
from planner.model import catalog
from planner.model.from_keys.read import read_from_keys
from planner.model.parameters import count_parameters
from planner.model.read import read_architecture, read_text_model

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = "BeamForCausalLM"
"""a class that vLLM serves and no family describes"""
LLAMA: dict[str, Any] = {
    "architectures": [UNKNOWN],
    "model_type": "beam",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": False,
    "hidden_act": "silu",
    "torch_dtype": "bfloat16",
}
MIXTURE = {"num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768}
LATENT = {
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}
STATES = {"mamba_d_state": 128, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_n_heads": 128}


def config_of(model: str) -> dict[str, Any]:
    row = catalog.find(model)
    assert row is not None
    return catalog.load(row).config


def test_an_invented_class_with_the_keys_of_llama_is_a_llama() -> None:
    found = read_architecture(LLAMA)
    assert count_parameters(found) == 8_030_261_248
    assert (found.name, found.read_like) == (UNKNOWN, "LlamaForCausalLM")


@pytest.mark.parametrize(
    ("model", "own"),
    [
        ("Qwen/Qwen3-8B", "qwen3"),
        ("Qwen/Qwen3-235B-A22B", "qwen3_moe"),
        ("deepseek-ai/DeepSeek-V3", "deepseek"),
        ("zai-org/GLM-4.5-Air", "glm4_moe"),
        ("allenai/Olmo-3-32B-Think", "olmo"),
    ],
)
def test_a_published_model_without_its_own_family_is_nearly_what_the_family_makes_of_it(
    model: str, own: str
) -> None:
    config = config_of(model)
    found = read_from_keys({**config, "model_type": "unknown"}, UNKNOWN, without={own})
    true = read_architecture(config)
    assert count_parameters(found) == pytest.approx(count_parameters(true), rel=0.01)
    assert [layer.caches for layer in found.layers] == [layer.caches for layer in true.layers]


def test_experts_are_read_by_any_of_their_names() -> None:
    own = read_architecture({**LLAMA, **MIXTURE})
    others = {"n_routed_experts": 128, "num_experts_per_tok": 8, "moe_ffn_hidden_size": 768}
    assert count_parameters(read_architecture({**LLAMA, **others})) == count_parameters(own)
    assert own.num_experts == 128


def test_a_latent_cache_is_read_from_its_ranks() -> None:
    assert read_architecture({**LLAMA, **LATENT, **MIXTURE, "n_shared_experts": 1}).uses_mla


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"num_ssm_widgets": 64}, "num_ssm_widgets"),
        ({"residual_streams": {"stream_width": 4}}, "residual_streams.stream_width"),
        (STATES, "num_key_value_heads|mamba|layer_types"),
        ({"layer_types": ["full_attention", "retention"] * 16}, "layer_types"),
        ({"hidden_act": "gelu"}, "more than one way: .*B as .* or .*B as"),
        (LATENT, "KV cache of DeepseekV3ForCausalLM or .* of MiniCPM3ForCausalLM"),
        ({"hidden_size": None}, "states no hidden_size"),
        ({"vision_config": {"hidden_size": 1024}}, "vision_config"),
        ({"architectures": ["BeamForSequenceClassification"]}, "write text"),
    ],
)
def test_what_the_keys_do_not_tell_is_refused_with_the_reason(
    more: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInputError, match="is not known") as caught:
        read_architecture({**LLAMA, **more})
    assert re.search(named, caught.value.cause)
    assert caught.value.fix


def test_a_switch_that_is_off_takes_its_size_with_it() -> None:
    off = read_architecture({**LLAMA, "sliding_window": 4096, "use_sliding_window": False})
    assert off.layers == read_architecture(LLAMA).layers


def test_the_text_model_of_an_unknown_class_with_an_encoder_is_answered_alone() -> None:
    text = {k: v for k, v in LLAMA.items() if k != "architectures"}
    whole = {
        "architectures": ["BeamForConditionalGeneration"],
        "text_config": text,
        "vision_config": {"hidden_size": 1024, "num_hidden_layers": 24},
    }
    with pytest.raises(InvalidInputError, match="is not known") as caught:
        read_architecture(whole)
    assert "--language-model-only" in caught.value.fix
    assert count_parameters(read_text_model(whole)) == 8_030_261_248


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*LLAMA, *MIXTURE, *LATENT, "layer_types", "rope_scaling"]),
        st.none() | st.integers(0, 64) | st.text(max_size=4) | st.lists(st.integers(), max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_contradictory_keys_are_an_answer_or_one_clear_error(changed: dict[str, Any]) -> None:
    config = {**LLAMA, **changed, "architectures": [UNKNOWN]}
    with suppress(InvalidInputError):
        assert read_architecture(config).read_like


def test_the_answer_says_that_it_is_from_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA), encoding="utf-8")
    answer = estimate(model=str(path), gpus="H100", calibration=False)
    assert answer.model
    assert (answer.model.trust, answer.model.read_like) == ("keys", "LlamaForCausalLM")
    assert [each.code for each in answer.findings] == ["VER009"]
    assert answer.layouts[0].memory is not None


def test_code_of_the_checkpoint_may_be_run_and_the_answer_says_by_whom(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    code = {"AutoModelForCausalLM": "modeling_beam.NobodysForCausalLM"}
    config = {**LLAMA, "architectures": ["NobodysForCausalLM"], "auto_map": code}
    path.write_text(json.dumps(config), encoding="utf-8")
    found = estimate(model=str(path), gpus="H100", calibration=False).findings
    assert [each.code for each in found] == ["VER009"]
    assert "checkpoint's own code" in found[0].cause


def test_a_class_that_vllm_does_not_have_is_refused_with_the_class_its_keys_are_of(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.json"
    config = {**LLAMA, "architectures": ["NobodysForCausalLM"]}
    path.write_text(json.dumps(config), encoding="utf-8")
    refused = estimate(model=str(path), gpus="H100", calibration=False)
    assert [each.code for each in refused.findings] == ["VER002"]
    assert "LlamaForCausalLM" in refused.findings[0].fix
    assert refused.layouts == ()
