"""Values of keywords as the texts of options would be read, so that both are checked alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.errors import UsageError
from planner.units import parse_bytes
from planner.vllm.arguments import OPTIONS


def bytes_of(name: str, value: Any) -> int:  # noqa: ANN401 - a text with its unit, or bytes
    """A size in bytes, or as a text with its unit."""
    try:
        size = parse_bytes(value) if isinstance(value, str) else int(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name}: {value!r} {error}", fix="write, say, 12GiB") from None
    if size < 0:
        raise UsageError(f"{name} is {value!r}", fix="give a size, 0 or more")
    return size


def option_value(name: str, value: Any) -> Any:  # noqa: ANN401 - typed by its field
    """A keyword's value as the option's text would be read, so that both are checked alike."""
    option = OPTIONS[name]
    if option.kind in {"switch", "on"}:
        if not isinstance(value, bool):
            raise UsageError(f"{name} is {value!r}", fix=f"{name}=True or {name}=False")
        return value
    try:
        if option.kind == "list":
            return tuple(option.read(str(item)) for item in value)
        return value if isinstance(value, Mapping) else option.read(str(value))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name}: {value!r} {error}", cause=f"{option.flag}: {option.help}"
        ) from None
