"""Numbers of a ``quantization_config`` that sizes depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping


def whole_number(config: Mapping[str, Any], *keys: str, default: int | None = None) -> int:
    """The first of the keys that is there.

    Raises:
        InvalidInputError: none is there, or it is no whole number.
    """
    value = next((config[key] for key in keys if config.get(key) is not None), default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInputError(
            f"quantization_config: {keys[-1]} is {value!r}, not a whole number",
            cause="the sizes of the weights and of their scales depend on it",
            fix="use the config.json that lies beside the checkpoint",
        )
    return value
