"""Numbers of a ``quantization_config`` that sizes depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PER_CHANNEL = -1


def bits(config: Mapping[str, Any], *keys: str) -> int:
    """Bits of a weight, under the first of the keys that is there.

    Raises:
        InvalidInputError: none is there, or it is no width that fits a byte.
    """
    value = _first(config, keys)
    if isinstance(value, bool) or not isinstance(value, int) or value not in range(1, 9):
        raise _unreadable(keys[-1], value, "a number of bits from 1 to 8")
    return value


def group_size(config: Mapping[str, Any], *keys: str, default: int | None = None) -> int:
    """Weights that share a scale, -1 for all of a row.

    Raises:
        InvalidInputError: none is there, or it is neither -1 nor a positive number.
    """
    value = _first(config, keys)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unreadable(keys[-1], value, "a whole number")
    if value > 0 or value == _PER_CHANNEL:
        return value
    raise _unreadable(keys[-1], value, "a positive whole number or -1")


def block_shape(value: Any) -> tuple[int, int]:  # noqa: ANN401 - a JSON value
    """Rows and columns of a block: two numbers, or text such as ``128x128``.

    Raises:
        InvalidInputError: it is neither, or a side is not positive.
    """
    sides = value.split("x") if isinstance(value, str) else value
    try:
        down, across = (int(side) for side in sides)
    except (TypeError, ValueError):
        down = across = 0
    if down <= 0 or across <= 0:
        raise _unreadable("weight_block_size", value, "two positive whole numbers")
    return down, across


def _first(config: Mapping[str, Any], keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - a JSON value
    return next((config[key] for key in keys if config.get(key) is not None), None)


def _unreadable(key: str, value: object, wanted: str) -> InvalidInputError:
    return InvalidInputError(
        f"quantization_config: {key} is {value!r}, not {wanted}",
        cause="the sizes of the weights and of their scales depend on it",
        fix="use the config.json that lies beside the checkpoint",
    )
