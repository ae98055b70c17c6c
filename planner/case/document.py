"""What rules on a manifest judge: what surrounds the server, and what it will need there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.targets.container import Container

if TYPE_CHECKING:
    from planner.speed.start_up import Span
    from planner.targets.target import Target


@frozen
class DocumentCase:
    """A deployment of a file.

    Attributes:
        target: what the file says.
        ranks: GPU processes on one host; hosts: how many run it.
        start: seconds until it answers, where that is known.
        release: of vLLM, as far as it is judged by one: ``0.33``.
    """

    target: Target
    ranks: int = 1
    hosts: int = 1
    start: Span | None = None
    release: str | None = None

    @property
    def container(self) -> Container:
        """What surrounds the server; an empty one where the file says nothing."""
        return self.target.container or Container()
