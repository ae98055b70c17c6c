"""Answers away from the screen's own thread, the newest request first.

Two lanes: one works out what a request comes to, the other what one could have instead, which
takes longer and must not hold up the first. While a lane works, only the last of the requests
that come in is kept, so that a held key costs no more than its last press.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.message import Message

from planner.errors import PlannerError
from planner.explore.change import freed, with_layout
from planner.explore.look import View, best, look, others
from planner.frozen import frozen
from planner.lookups import Lookups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import App

    from planner.plan import Answer
    from planner.request import Request

T = TypeVar("T")


@frozen
class Job:
    """A request to answer."""

    request: Request
    best: bool = False
    """Take the best layout of those that the request leaves open."""


class Answered(Message):
    """What a request comes to."""

    def __init__(self, job: Job, view: View) -> None:
        super().__init__()
        self.job, self.view = job, view


class Ranked(Message):
    """The layouts that a request could have instead."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Failed(Message):
    """Why a request has no answer."""

    def __init__(self, job: Job, error: PlannerError) -> None:
        super().__init__()
        self.job, self.error = job, error


class Lane(Generic[T]):
    """Works on one thing at a time, in a thread, for as long as there are any."""

    def __init__(self, app: App[None], work: Callable[[T], None]) -> None:
        self._app, self._work = app, work
        self._lock = Lock()
        self._next: T | None = None
        self.busy = False

    def put(self, item: T) -> None:
        """Work on this next, in the place of what waits."""
        with self._lock:
            self._next = item
            if self.busy:
                return
            self.busy = True
        self._app.run_worker(self._run, thread=True, group="answers")

    def _run(self) -> None:
        while (item := self._taken()) is not None:
            self._work(item)

    def _taken(self) -> T | None:
        with self._lock:
            item, self._next = self._next, None
            self.busy = item is not None
            return item


class Answering:
    """What the application asks."""

    def __init__(self, app: App[None], environ: Mapping[str, str]) -> None:
        self._app, self._environ = app, environ
        self._answers = Lane[Job](app, self._answer)
        self._ranks = Lane["Request"](app, self._rank)
        self._lookups = Lookups()
        self._ranked: Request | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being worked on."""
        return self._answers.busy or self._ranks.busy

    def ask(self, job: Job) -> None:
        """Answer a request."""
        self._answers.put(job)

    def _answer(self, job: Job) -> None:
        asked = job.request
        try:
            if job.best and asked.gpus:
                found = best(asked, self._environ, self._lookups)
                asked = with_layout(asked, *found) if found else asked
            view = look(asked, self._environ, self._lookups)
        except PlannerError as error:
            # what could not be found may be there the next time
            self._lookups, self._ranked = Lookups(), None
            self._app.post_message(Failed(job, error))
            return
        self._app.post_message(Answered(job, view))
        if asked.gpus and freed(asked) != self._ranked:
            self._ranked = freed(asked)
            self._ranks.put(self._ranked)

    def _rank(self, free: Request) -> None:
        try:
            self._app.post_message(Ranked(others(free, self._environ, self._lookups)))
        except PlannerError:
            # the other lane asks the same of the same and says why
            self._ranked = None
