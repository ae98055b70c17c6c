from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import InvalidInputError, PlannerError
from planner.model.safetensors_header import (
    INDEX,
    TensorHeader,
    read_checkpoint,
    read_header,
)

if TYPE_CHECKING:
    from pathlib import Path

#: as a layer of a block-quantized model stores them
TENSORS = {
    "model.embed_tokens.weight": ("BF16", (32, 8)),
    "model.layers.0.mlp.up_proj.weight": ("F8_E4M3", (16, 8)),
    "model.layers.0.mlp.up_proj.weight_scale_inv": ("F32", (1, 1)),
    "model.layers.0.mlp.gate.e_score_correction_bias": ("F32", (4,)),
    "scalar": ("I64", ()),
    "packed": ("F4", (4, 6)),
}
STORED_BYTES = 512 + 128 + 4 + 16 + 8 + 12


def header(tensors: dict[str, Any]) -> dict[str, Any]:
    """What the format's writer puts in front of these tensors."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in tensors.items():
        begin, end = end, end + TensorHeader(dtype, shape).size_bytes
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    return entries


def write(path: Path, entries: dict[str, Any], data_bytes: int) -> Path:
    text = json.dumps(entries).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + data_bytes)
    return path


def test_a_header_gives_every_tensor_and_exact_bytes(tmp_path: Path) -> None:
    write(tmp_path / "model.safetensors", header(TENSORS), STORED_BYTES)

    facts = read_checkpoint(tmp_path)

    assert facts is not None
    assert facts.tensors["model.embed_tokens.weight"] == TensorHeader("BF16", (32, 8))
    assert facts.tensor_bytes == STORED_BYTES
    assert facts.parameters == 256 + 128 + 1 + 4 + 1 + 24
    assert facts.bytes_by_dtype() == {"BF16": 512, "F8_E4M3": 128, "F32": 20, "I64": 8, "F4": 12}


def test_a_shard_of_16_gb_is_not_read_beyond_its_header(tmp_path: Path) -> None:
    wide = {"w": ("BF16", (2**17, 2**16))}

    path = write(tmp_path / "big.safetensors", header(wide), 2**34)

    assert read_header(path) == {"w": TensorHeader("BF16", (2**17, 2**16))}


def test_an_index_names_the_files_that_count(tmp_path: Path) -> None:
    write(tmp_path / "model-1.safetensors", header({"a": ("BF16", (2,))}), 4)
    write(tmp_path / "model-2.safetensors", header({"b": ("BF16", (3,))}), 6)
    write(tmp_path / "consolidated.safetensors", header({"a": ("BF16", (5,))}), 10)
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / INDEX).write_text(json.dumps(index))

    facts = read_checkpoint(tmp_path)

    assert facts is not None
    assert facts.parameters == 5


def test_without_an_index_the_second_copy_in_one_file_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "a-1.safetensors", header({"a": ("BF16", (2,))}), 4)
    write(tmp_path / "consolidated.safetensors", header({"c": ("BF16", (2,))}), 4)

    facts = read_checkpoint(tmp_path)

    assert facts is not None
    assert set(facts.tensors) == {"a"}


def test_a_folder_without_safetensors_has_no_facts(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")

    assert read_checkpoint(tmp_path) is None


def test_an_unfinished_download_says_how_much_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "m-1.safetensors", header({"a": ("BF16", (2,))}), 4)
    weight_map = {"a": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-3.safetensors"}
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": weight_map}))

    with pytest.raises(InvalidInputError, match="2 of 3 checkpoint files are missing"):
        read_checkpoint(tmp_path)


def test_an_index_may_name_anything(tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"a": "x" * 5000}}))

    with pytest.raises(InvalidInputError, match="1 of 1 checkpoint files are missing"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", "", 7, None])
def test_an_index_that_leads_out_of_its_folder_is_refused(name: object, tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"a": name}}))

    with pytest.raises(InvalidInputError, match="does not name files of its own folder"):
        read_checkpoint(tmp_path)


def entry(**changed: object) -> dict[str, Any]:
    return {"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4], **changed}}


DAMAGED: dict[str, tuple[dict[str, Any], int]] = {
    "cut short": (entry(), 3),
    "longer than its tensors": (entry(), 5),
    "overlap": ({**entry(), "b": entry()["a"]}, 8),
    "gap": (entry(data_offsets=[2, 6]), 6),
    "shape and place differ": (entry(shape=[3]), 4),
    "unknown dtype": (entry(dtype="BF17"), 4),
    "a dtype that is no text": (entry(dtype=["BF16"]), 4),
    "negative": (entry(shape=[-2]), 4),
    "no whole number": (entry(shape=[2.0]), 4),
    "overflow": (entry(shape=[2**62, 2**62]), 4),
    "place without an end": (entry(data_offsets=[0]), 4),
    "place backwards": (entry(data_offsets=[4, 0]), 4),
    "a thousand axes": (entry(shape=[1] * 1000), 2),
    "entry is no object": ({"a": 7}, 0),
}


@pytest.mark.parametrize(("entries", "data_bytes"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_header_that_contradicts_its_file_is_refused(
    entries: dict[str, Any], data_bytes: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "model.safetensors", entries, data_bytes)

    with pytest.raises(InvalidInputError, match="is not an intact safetensors file"):
        read_header(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        (2**63).to_bytes(8, "little") + b"{}",
        (200_000_000).to_bytes(8, "little") + b"{}",
        (4).to_bytes(8, "little") + b"[{}]",
        (4).to_bytes(8, "little") + b"{{}}",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4976698672\n",
    ],
    ids=["empty", "seven bytes", "2**63", "100 MB passed", "a list", "no json", "git-lfs pointer"],
)
def test_what_is_no_safetensors_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=r"model\.safetensors"):
        read_header(path)


garbage = st.binary(max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage | garbage.map(lambda text: len(text).to_bytes(8, "little") + text))
def test_garbage_never_raises_anything_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)

    with suppress(PlannerError):
        read_header(path)
