"""Typed reading of a config.json's keys, with the names a key goes by in the wild."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any, cast

from planner.errors import InvalidInputError

if TYPE_CHECKING:
    import builtins
    from collections.abc import Mapping


ALIASES: dict[str, tuple[str, ...]] = {
    "hidden_size": ("n_embd", "d_model"),
    "num_attention_heads": ("n_head", "n_heads"),
    "num_hidden_layers": ("n_layer", "num_layers", "n_layers"),
    "max_position_embeddings": ("n_positions",),
    "intermediate_size": ("ffn_hidden_size", "n_inner"),
}
"""names that a size goes by in older files"""


class Keys:
    """A configuration, or a nested part of it, read key by key.

    Each getter takes the names one fact goes by, the first present one wins; a key whose
    value is null counts as absent. Without a default an absent key is the user's error.
    """

    def __init__(self, config: Mapping[str, Any], where: str = "config.json") -> None:
        self._config = config
        self._where = where

    def __contains__(self, name: str) -> bool:
        return self._config.get(name) is not None

    def raw(self, *names: str) -> Any:  # noqa: ANN401 - JSON values have no narrower type
        """The value as it stands, or None."""
        for name in names:
            value = self._config.get(name)
            if value is not None:
                return value
        return None

    def int(self, *names: str, default: int | None = None) -> int:
        """A whole number."""
        value = self.raw(*names)
        if value is None:
            value = default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            raise self._error(names, value, "a whole number")
        return int(value)

    def optional_int(self, *names: str) -> builtins.int | None:
        """A whole number, or None when absent."""
        return None if self.raw(*names) is None else self.int(*names)

    def float(self, *names: str, default: float) -> float:
        """A number."""
        value = self.raw(*names)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._error(names, value, "a number")
        return float(value)

    def flag(self, *names: str, default: bool = False) -> bool:
        """True or false."""
        value = self.raw(*names)
        return default if value is None else bool(value)

    def text(self, *names: str, default: str = "") -> str:
        """A string."""
        value = self.raw(*names)
        return default if value is None else str(value)

    def list(self, *names: str) -> list[Any]:
        """A list; empty when absent."""
        value = self.raw(*names)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._error(names, value, "a list")
        return value

    def per_layer(self, name: str, num_layers: builtins.int) -> builtins.list[Any]:
        """A list with a value for each layer, without what is beyond them; empty when absent."""
        values = self.list(name)
        if values and len(values) < num_layers:
            raise self._error(
                (name,), values, f"a list with a value for each of {num_layers} layers"
            )
        return values[:num_layers]

    def part(self, *names: str) -> Keys:
        """A nested object; an empty one when absent."""
        for name in names:
            value = self._config.get(name)
            if isinstance(value, dict):
                return self._made(value, f"{self._where}: {name}")
        return self._made({}, f"{self._where}: {names[0]}")

    def with_defaults(self, defaults: Mapping[str, Any]) -> Keys:
        """The same, with a model class's defaults for what the file leaves out.

        A key that the file sets to null stays null: transformers takes it as given. One that
        the file has under an older name is not left out.
        """
        missing = {
            name: value
            for name, value in defaults.items()
            if not any(alias in self for alias in ALIASES.get(name, ()))
        }
        return self._layered(self._config, self._assumed(missing))

    def replaced(self, values: Mapping[str, Any]) -> Keys:
        """The same with other values, for what a model class derives from several keys."""
        return self._layered(values, self._config)

    def _layered(self, *mappings: Mapping[str, Any]) -> Keys:
        """Each key from the first that has it; what is looked up in one that is recorded shows."""
        return self._made(ChainMap(*cast("tuple[dict[str, Any], ...]", mappings)), self._where)

    def _made(self, config: Mapping[str, Any], where: str) -> Keys:
        """Keys of another mapping that is part of this one, or laid over it."""
        return Keys(config, where)

    def _assumed(self, defaults: dict[str, Any]) -> dict[str, Any]:
        """The defaults that are used, for who wants to know."""
        return defaults

    @property
    def mapping(self) -> Mapping[str, Any]:
        """The plain dictionary."""
        return self._config

    def _error(self, names: tuple[str, ...], value: object, wanted: str) -> InvalidInputError:
        if value is None:
            return InvalidInputError(
                f"{self._where} has no {' or '.join(names)}",
                cause=f"the model's size depends on it: {wanted} is needed",
                fix="use the config.json that lies beside the checkpoint",
            )
        return InvalidInputError(
            f"{self._where}: {names[0]} is {value!r}, not {wanted}",
            fix="use the config.json that lies beside the checkpoint",
        )
