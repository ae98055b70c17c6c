"""A config.json from anywhere, read without trusting it: one object, or one clear error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.model.regular_file import read_regular
from planner.units import MIB

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "config.json"
MODELOPT = "hf_quant_config.json"

#: the largest config.json seen is 3 MB: a map of one entry per quantized layer
MAX_CONFIG_BYTES = 16 * MIB
#: the deepest seen is 7; the limit keeps every later walk far from the recursion limit
MAX_DEPTH = 64

_FIX = "use the config.json that lies beside the checkpoint"


def with_modelopt(config: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """The configuration with what ``hf_quant_config.json`` adds to it, as vLLM reads the two.

    vLLM takes that file when config.json has no ``quantization_config``, and the file's map of
    layers when only the map is missing.

    Source: vllm.transformers_utils.config.get_config,
        vllm.model_executor.model_loader.weight_utils.get_quant_config (0.33.0)
    """
    own = config.get("quantization_config")
    if own is None:
        return {**config, "quantization_config": beside}
    inner = beside.get("quantization")
    layers = inner.get("quantized_layers") if isinstance(inner, dict) else None
    if layers is None or not isinstance(own, dict) or "quantized_layers" in own:
        return config
    if str(own.get("quant_algo", "")).upper() != "MIXED_PRECISION":
        return config
    return {**config, "quantization_config": {**own, "quantized_layers": layers}}


def read_object(path: Path, limit_bytes: int = MAX_CONFIG_BYTES) -> dict[str, Any]:
    """One JSON object from a regular file of at most ``limit_bytes``.

    Raises:
        InvalidInputError: as its message says; nothing beyond the limit is read.
    """
    return parse_object(read_regular(path, limit_bytes), str(path))


def parse_object(content: bytes, where: str, *, keys_once: bool = True) -> dict[str, Any]:
    """One JSON object; ``where`` names it in errors, ``keys_once`` looks for keys given twice.

    Infinity is let through: published files carry it (``time_step_limit`` of Mamba models).

    Raises:
        InvalidInputError: no UTF-8, no JSON, a key given twice, nested deeper than
            ``MAX_DEPTH``, or something else than an object.
    """
    try:
        value = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_once_each if keys_once else None
        )
    except _DuplicateKeyError as error:
        raise InvalidInputError(
            f"{where}: the key {error.args[0]!r} is given twice",
            cause="which of the two holds cannot be known",
            fix="remove one of them",
        ) from error
    except RecursionError as error:
        raise _too_deep(where) from error
    except ValueError as error:
        raise InvalidInputError(f"{where} is not JSON", cause=_reason(error), fix=_FIX) from error
    if not isinstance(value, dict):
        raise InvalidInputError(
            f"{where} holds {_KINDS.get(type(value), 'a value')}, not an object", fix=_FIX
        )
    if _depth(value) > MAX_DEPTH:
        raise _too_deep(where)
    return value


_KINDS = {
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a truth value",
}


class _DuplicateKeyError(Exception):
    """A JSON object names a key a second time."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateKeyError(next(name for name in names if names.count(name) > 1))
    return value


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg.lower()}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8 text"
    return "it holds a number of thousands of digits"


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        inner = [item for item in level if isinstance(item, (dict, list))]
        level = [x for item in inner for x in (item.values() if isinstance(item, dict) else item)]
    return depth


def _too_deep(where: str) -> InvalidInputError:
    return InvalidInputError(f"{where} is nested deeper than {MAX_DEPTH} levels", fix=_FIX)
