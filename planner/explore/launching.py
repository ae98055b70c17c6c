"""What each launcher would write for a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import PlannerError
from planner.frozen import frozen
from planner.launch.base import LaunchFile, find, settle
from planner.launch.parts.served import choose, served
from planner.vllm.hosts import shell_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.plan import Answer


@frozen
class Preview:
    """The files of one launcher, and what one types to start them; or why there are none."""

    launcher: str
    files: tuple[LaunchFile, ...] = ()
    start: tuple[str, ...] = ()
    error: PlannerError | None = None

    @property
    def text(self) -> str:
        """All of it, to be read."""
        if self.error is not None:
            parts = (self.error.message, self.error.cause, self.error.fix)
            return "\n".join(part for part in parts if part)
        blocks = [f"# {file.path}\n{file.text.rstrip()}" for file in self.files]
        return "\n\n".join([*blocks, "# start it\n" + "\n".join(self.start)])


def preview(answer: Answer, launcher: str, environ: Mapping[str, str]) -> Preview:
    """What a launcher makes of a plan's first layout."""
    known = find(launcher)
    try:
        record = served(
            answer,
            choose(answer, 1),
            environ=environ,
            settings=settle(known, launcher, {}),
        )
        return Preview(
            launcher=launcher,
            files=known.files(record),
            start=tuple(shell_line(words, {}) for words in known.start(record)),
        )
    except PlannerError as error:
        return Preview(launcher=launcher, error=error)
