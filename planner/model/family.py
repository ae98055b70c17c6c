"""What a module of ``families/`` offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

FAMILIES = "planner.model.families"


class Family(Protocol):
    """Some model classes that are read alike."""

    ARCHITECTURES: tuple[str, ...]
    EXAMPLES: dict[str, int]

    def read(self, keys: Keys) -> Architecture:
        """The architecture of one configuration."""
        ...
