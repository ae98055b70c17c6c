"""What is looked at: a request, its answer, and the changes that can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.explore.look import View
    from planner.request import Request

#: changes that can be taken back
_MOST_UNDONE = 200


class Session(App[None]):
    """An application as its keys and screens know it; ``app.PlannerApp`` answers and draws."""

    def __init__(self, request: Request, environ: Mapping[str, str], *, kept: str | None) -> None:
        """Begin with a request.

        Args:
            request: what was typed or read.
            environ: of this process: where models lie, which secrets are set.
            kept: the file that the request was read from.
        """
        super().__init__()
        self.request, self.environ = request, environ
        self.view: View | None = None
        self.pin: View | None = None
        self.kept = kept
        self.saved: Request | None = request if kept else None
        self._done: list[Request] = []

    @property
    def changed(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    def change(self, request: Request, *, best: bool = False) -> None:
        """Ask something else; the answer is drawn when it is there."""
        if request != self.request or best:
            self._done = [*self._done[-_MOST_UNDONE:], self.request]
            self.request = request
            self.ask(best=best)

    def undo(self) -> None:
        """Take the last change back."""
        if self._done:
            self.request = self._done.pop()
            self.ask(best=False)

    def ask(self, *, best: bool) -> None:
        """Have the request answered; ``best`` takes the best layout first."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw the answer again: what is pinned has changed."""
        raise NotImplementedError
