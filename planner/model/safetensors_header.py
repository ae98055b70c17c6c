"""What a checkpoint holds, read from the headers of its safetensors files; never a weight.

A file begins with the header's length (8 bytes, little-endian), then the header: a JSON object
from tensor name to dtype, shape and place; then the tensors, without gaps.
Source: https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeGuard

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.model.config_file import parse_object
from planner.model.regular_file import open_regular, read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"

#: what the format's own reader accepts
MAX_HEADER_BYTES = 100_000_000
_LENGTH_BYTES = 8
_MAX_AXES = 32

#: bits of one element, by the format's names
DTYPE_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


@frozen(kw_only=False)
class TensorHeader:
    """One stored tensor; ``dtype`` as the format names it, such as BF16."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers it holds; a scalar holds one."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """What it takes in the file."""
        return self.elements * DTYPE_BITS[self.dtype] // 8


@frozen
class CheckpointFacts:
    """What is known of a model's stored weights."""

    tensor_bytes: int | None
    """Bytes of all tensors, without the files' headers; None when not known."""
    parameters: int | None
    """Parameters of the model; None when packed formats hide them."""
    tensors: Mapping[str, TensorHeader] = field(default_factory=dict)
    """Every stored tensor by name; empty when only totals are known."""

    def bytes_by_dtype(self) -> dict[str, int]:
        """Stored bytes, by dtype."""
        totals: Counter[str] = Counter()
        for tensor in self.tensors.values():
            totals[tensor.dtype] += tensor.size_bytes
        return dict(totals)


def read_checkpoint(folder: Path) -> CheckpointFacts | None:
    """The stored tensors of a model directory; None when it holds no safetensors.

    Raises:
        InvalidInputError: a file the index names is missing, or a header is damaged.
    """
    tensors: dict[str, TensorHeader] = {}
    for path in _files(folder):
        tensors.update(read_header(path))
    return from_tensors(tensors) if tensors else None


def from_tensors(tensors: Mapping[str, TensorHeader]) -> CheckpointFacts:
    """The totals of a list of tensors; each element counts as one parameter."""
    return CheckpointFacts(
        tensor_bytes=sum(tensor.size_bytes for tensor in tensors.values()),
        parameters=sum(tensor.elements for tensor in tensors.values()),
        tensors=tensors,
    )


def read_header(path: Path) -> dict[str, TensorHeader]:
    """The tensors of one safetensors file, in its own order.

    Raises:
        InvalidInputError: no safetensors file, cut short, or its header contradicts itself.
    """
    with open_regular(path) as (file, file_bytes):
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if file_bytes < _LENGTH_BYTES or length > min(MAX_HEADER_BYTES, file_bytes):
            raise _damaged(path, f"a header of {length:,} bytes in a file of {file_bytes:,}")
        content = file.read(length)
    if not content.startswith(b"{"):
        raise _damaged(path, "its header does not begin with a brace")
    return parse_header(parse_object(content, str(path)), path, file_bytes - _LENGTH_BYTES - length)


def parse_header(
    header: Mapping[str, Any], path: Path | str, data_bytes: int
) -> dict[str, TensorHeader]:
    """The tensors of a parsed header, which must fill ``data_bytes`` without gap or overlap."""
    tensors, places = {}, []
    for name, entry in header.items():
        if name != "__metadata__":
            tensors[name], place = _tensor(name, entry, path)
            places.append(place)
    end = 0
    for begin, following in sorted(places):
        if begin != end:
            raise _damaged(path, f"its tensors leave a gap or overlap at byte {min(begin, end):,}")
        end = following
    if end != data_bytes:
        raise _damaged(path, f"its tensors take {end:,} bytes, the file has {data_bytes:,}")
    return tensors


def _tensor(name: str, entry: object, path: Path | str) -> tuple[TensorHeader, tuple[int, int]]:
    if not isinstance(entry, dict):
        raise _damaged(path, f"the entry of {name!r:.80} is no object")
    dtype, shape, place = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in DTYPE_BITS:
        raise _damaged(path, f"the dtype of {name!r:.80} is {dtype!r:.40}")
    if not _is_sizes(shape) or not _is_sizes(place):
        raise _damaged(path, f"the shape or the place of {name!r:.80} are no whole numbers")
    tensor = TensorHeader(dtype, tuple(shape))
    if place[1:] != [sum(place[:1]) + tensor.size_bytes]:
        raise _damaged(path, f"{name!r:.80} takes {tensor.size_bytes:,} bytes but is given others")
    return tensor, (place[0], place[1])


def _is_sizes(value: object) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= _MAX_AXES
        and all(type(size) is int and 0 <= size < 2**63 for size in value)
    )


def _files(folder: Path) -> list[Path]:
    """The files that make up the checkpoint: the index's, else the single one, else all."""
    if _exists(folder / INDEX):
        content = read_regular(folder / INDEX, MAX_HEADER_BYTES)
        weight_map = parse_object(content, INDEX, keys_once=False).get("weight_map")
        if not isinstance(weight_map, dict) or not all(_plain(x) for x in weight_map.values()):
            raise InvalidInputError(
                f"{folder / INDEX} does not name files of its own folder",
                cause="weight_map gives each tensor the name of a file beside it",
                fix="download it again",
            )
        files = [folder / name for name in sorted(set(weight_map.values()))]
        missing = [path.name for path in files if not _exists(path)]
        if missing:
            raise InvalidInputError(
                f"{len(missing)} of {len(files)} checkpoint files are missing in {folder}",
                cause=f"{INDEX} names {missing[0]}, among others",
                fix="finish the download",
            )
        return files
    if _exists(folder / SINGLE):
        return [folder / SINGLE]
    found = sorted(folder.glob("*.safetensors"))
    # Mistral's repositories hold the same weights a second time, in one file
    return [path for path in found if not path.name.startswith("consolidated")] or found


def _exists(path: Path) -> bool:
    """As a path's own method, but no name is too odd to be asked for."""
    return os.path.exists(path)  # noqa: PTH110


def _plain(name: object) -> bool:
    return isinstance(name, str) and name not in {"", ".", ".."} and not {"/", "\0"} & set(name)


def _damaged(path: Path | str, cause: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path} is not an intact safetensors file", cause=cause, fix="download it again"
    )
