"""What reads one kind of file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.targets.document import Document
    from planner.targets.target import Target


class Format(Protocol):
    """A kind of file that describes deployments: a module with these names.

    A kind whose files look like others' may offer ``certain(document: Document) -> bool``: whether
    one that nobody named, found in a folder, is of this kind beyond doubt.
    """

    KIND: str
    """What people call it, in the plural: ``docker compose files``."""

    def reads(self, document: Document) -> bool:
        """Whether a document is of this kind; it may then hold no vLLM all the same."""
        ...  # pragma: no cover

    def targets(self, document: Document, version: str | None) -> Iterable[Target]:
        """The deployments in it, none where nothing runs vLLM.

        ``version`` is the release whose options count, where somebody named one.

        Raises:
            PlannerError: it cannot be understood.
        """
        ...  # pragma: no cover
