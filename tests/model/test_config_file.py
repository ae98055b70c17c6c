from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import ExitCode, InvalidInputError, PlannerError
from planner.model.config_file import MAX_CONFIG_BYTES, parse_object, read_object, with_modelopt

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = {
    "empty": b"",
    "cut short": b'{"hidden_size": 4096',
    "binary": bytes(range(256)),
    "a list": b"[1, 2]",
    "a number": b"7",
    "null": b"null",
    "a key twice": b'{"hidden_size": 1, "hidden_size": 2}',
    "a key twice, deep inside": b'{"text_config": {"a": 1, "a": 2}}',
    "deep lists": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "a number of 10,000 digits": b'{"hidden_size": ' + b"9" * 10_000 + b"}",
    "no UTF-8": b'{"a": "\xff\xfe"}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_broken_config_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)

    with pytest.raises(InvalidInputError) as caught:
        read_object(path)

    assert str(path) in caught.value.message
    assert caught.value.exit_code == ExitCode.USAGE


@given(st.binary(max_size=300))
def test_garbage_never_raises_anything_else(content: bytes) -> None:
    with suppress(PlannerError):
        assert isinstance(parse_object(content, "config.json"), dict)


@given(st.recursive(st.none() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_json_is_an_object_or_an_error(value: object) -> None:
    content = json.dumps(value).encode()
    try:
        assert parse_object(content, "config.json") == value
    except PlannerError:
        assert not isinstance(value, dict)


def test_a_config_of_3_gb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with path.open("wb") as file:
        file.truncate(3 * 10**9)  # sparse: takes no disk

    with pytest.raises(InvalidInputError, match="3,000,000,000 bytes, more than 16,777,216"):
        read_object(path)


def test_the_largest_allowed_config_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b'{"a": 1}'.ljust(MAX_CONFIG_BYTES))

    assert read_object(path) == {"a": 1}


def test_infinity_as_mamba_models_state_it_is_let_through() -> None:
    limit = parse_object(b'{"time_step_limit": [0.0, Infinity]}', "config.json")

    assert limit == {"time_step_limit": [0.0, float("inf")]}


def test_a_byte_order_mark_does_not_matter() -> None:
    assert parse_object(b'\xef\xbb\xbf{"a": 1}', "config.json") == {"a": 1}


MODELOPT = {
    "producer": {"name": "modelopt"},
    "quantization": {"quant_algo": "MIXED_PRECISION", "quantized_layers": {"layers.0": {}}},
}


def test_modelopt_s_file_is_the_quantization_when_config_has_none() -> None:
    assert with_modelopt({"a": 1}, MODELOPT) == {"a": 1, "quantization_config": MODELOPT}


def test_modelopt_s_file_gives_the_map_of_layers_that_config_lacks() -> None:
    own = {"quant_algo": "MIXED_PRECISION", "ignore": ["lm_head"]}

    merged = with_modelopt({"quantization_config": own}, MODELOPT)

    assert merged["quantization_config"] == {**own, "quantized_layers": {"layers.0": {}}}


@pytest.mark.parametrize(
    "own",
    [
        {"quant_algo": "NVFP4"},
        {"quant_algo": "MIXED_PRECISION", "quantized_layers": {"layers.1": {}}},
        ["no object"],
    ],
)
def test_config_s_own_quantization_holds_otherwise(own: object) -> None:
    assert with_modelopt({"quantization_config": own}, MODELOPT) == {"quantization_config": own}
