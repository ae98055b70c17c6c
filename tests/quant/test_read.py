"""The format of a checkpoint, by whichever name it goes."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import plugins
from planner.errors import InvalidInputError, PlannerError
from planner.model.layer_kinds import layer_kinds
from planner.model.read import read_architecture
from planner.quant.read import (
    _NOT_FORMATS,
    FORMATS,
    argument_mismatch,
    checkpoint_method,
    read_quantization,
)
from planner.quant.removed import DEPRECATED_METHODS, REMOVED_METHODS
from planner.quant.unquantized import UNQUANTIZED
from tests.quant.tiny import config, format_of, formats

NVFP4 = {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16}


def _with(stated: dict[str, Any], **model: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    return {**config("dense"), **model, "quantization_config": stated}


def test_no_two_formats_share_a_method() -> None:
    names = [name for name in plugins.names(FORMATS) if name not in (*_NOT_FORMATS, "online")]
    methods = [method for name in names for method in plugins.load(FORMATS, name).METHODS]
    assert len(methods) == len(set(methods))


def test_a_plain_checkpoint_is_unquantized() -> None:
    assert read_quantization(config("dense")) is UNQUANTIZED


@pytest.mark.parametrize(
    ("stated", "method"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, "auto_gptq"),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, "auto_awq"),
        ({"quant_method": "modelopt", **NVFP4}, "modelopt_fp4"),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "modelopt"),
        ({"producer": {"name": "modelopt"}, "quantization": NVFP4}, "modelopt_fp4"),
        ({"quant_method": "compressed_tensors", "config_groups": {}}, "compressed-tensors"),
    ],
)
def test_a_method_is_named_as_vllm_names_it(stated: dict[str, Any], method: str) -> None:
    assert read_quantization(_with(stated)).method == method


def test_a_text_models_own_quantization_counts() -> None:
    nested = {"text_config": {"quantization_config": format_of("fp8_block")}}
    assert read_quantization(nested).method == "fp8"


def test_mxfp4_of_gpt_oss_has_a_name_of_its_own() -> None:
    assert read_quantization(config("gpt_oss", "mxfp4")).method == "gpt_oss_mxfp4"
    assert read_quantization(config("moe", "mxfp4")).method == "mxfp4"


def test_fp8_of_deepseek_v4_has_a_name_of_its_own() -> None:
    stated = _with(format_of("fp8_block"), model_type="deepseek_v4")
    assert checkpoint_method(stated) == read_quantization(stated).method == "deepseek_v4_fp8"


@pytest.mark.parametrize("method", REMOVED_METHODS)
def test_a_removed_method_is_refused_with_what_to_use_instead(method: str) -> None:
    with pytest.raises(InvalidInputError, match="no longer reads") as refusal:
        read_quantization(_with({"quant_method": method}))
    assert refusal.value.fix
    with pytest.raises(InvalidInputError, match="no longer reads"):
        read_quantization(config("dense"), method)


def test_a_method_on_its_way_out_is_still_read() -> None:
    assert read_quantization(config("dense", "fbgemm_fp8")).method in DEPRECATED_METHODS


def test_an_unknown_method_offers_the_nearest() -> None:
    with pytest.raises(InvalidInputError, match="qptq is not known") as refusal:
        read_quantization(_with({"quant_method": "qptq"}))
    assert "gptq" in refusal.value.fix


def test_a_method_that_vllm_has_and_we_have_not_is_not_blamed_on_vllm() -> None:
    with pytest.raises(InvalidInputError, match="sizes of quark checkpoints are not known"):
        read_quantization(_with({"quant_method": "quark"}))


@pytest.mark.parametrize(
    ("form", "asked", "agrees"),
    [
        ("awq", "awq_marlin", True),
        ("awq", "gptq", False),
        ("gptq_4", "marlin", True),
        ("fp8_block", "fp8", True),
        ("fp8_block", "fp8_per_tensor", False),
        ("modelopt_nvfp4", "fp8", True),
    ],
)
def test_an_argument_must_name_the_checkpoints_method(form: str, asked: str, agrees: bool) -> None:  # noqa: FBT001 - a table's column
    complaint = argument_mismatch(config("dense", form), asked)
    assert (complaint is None) is agrees
    if complaint is not None:
        assert "does not match the quantization method specified in the `quantization`" in complaint


def test_any_online_method_suits_a_plain_checkpoint() -> None:
    assert argument_mismatch(config("dense"), "fp8_per_block") is None


@pytest.mark.parametrize(
    ("form", "dtype"),
    [
        ("fp8_block", "auto"),
        ("ct_kv", "fp8"),
        ("modelopt_nvfp4", "fp8_e4m3"),
        ("modelopt_mixed", "fp8_e4m3"),
    ],
)
def test_a_checkpoint_may_choose_the_kv_caches_dtype(form: str, dtype: str) -> None:
    assert read_quantization(config("dense", form)).kv_cache_dtype == dtype


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-200, 200) | st.sampled_from(["x", "re:(", "NVFP4"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(form=st.sampled_from(formats()), data=st.data())
def test_a_mangled_configuration_is_read_or_refused_never_a_traceback(
    form: str, data: st.DataObject
) -> None:
    stated = dict(format_of(form))
    key = data.draw(st.sampled_from(sorted(set(stated) - {"quant_method"})))
    stated[key] = data.draw(JSON)
    mangled = {**config("moe"), "quantization_config": stated}
    with contextlib.suppress(PlannerError):
        layer_kinds(read_architecture(mangled), read_quantization(mangled))
