"""A mapping that tells which of its keys a family looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Place = tuple[str, str]
"""where a key stands: the path of its object (``text_config``; empty at the top), and its name"""


class Recorded(dict[str, Any]):
    """A dictionary that tells ``note`` the place of each look-up, whether it is there or not."""

    def __init__(
        self, config: Mapping[str, Any], note: Callable[[Place], object], path: str = ""
    ) -> None:
        super().__init__(config)
        self._note = note
        self._path = path

    def __contains__(self, key: object) -> bool:
        self._note((self._path, str(key)))
        return super().__contains__(key)

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - JSON values have no narrower type
        self._note((self._path, key))
        return self._further_in(key, super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as dict's own
        """The value, or the default."""
        self._note((self._path, key))
        return self._further_in(key, super().get(key, default))

    def _further_in(self, key: str, value: object) -> object:
        if isinstance(value, dict) and not isinstance(value, Recorded):
            return Recorded(value, self._note, inside(self._path, key))
        return value


def inside(path: str, key: str) -> str:
    """The path of an object within another."""
    return f"{path}.{key}" if path else key
