"""Plans on disk: open one, keep one, and what is lost without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, PlannerError
from planner.explore.opened import opened
from planner.report.base import Page, of_output
from planner.request import Request
from planner.tui.screens.confirm import Confirm
from planner.tui.screens.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.plan import Answer
    from planner.tui.session import Session

_NAME = "plan.yaml"


def open_plan(app: Session) -> None:
    """Ask for a file, and look at what it describes."""

    def take(name: str | None) -> None:
        if name:
            app.kept = name
            app.change(replace(opened(name, Request()), top=app.request.top))
            app.saved = app.request

    card = Prompt(
        "open",
        text=app.kept or _NAME,
        note="a plan, or anything that planner validate reads",
        check=lambda name: opened(name, Request()),
    )
    app.push_screen(card, take)


def save_plan(app: Session, then: Callable[[], None] | None = None) -> None:
    """Ask for a file, and write the plan that is looked at; its suffix says the format."""
    if app.view is None:
        app.notify("there is no plan to save yet", severity="warning")
        return
    answer = app.view.answer

    def take(name: str | None) -> None:
        if not name:
            return
        if Path(name).exists() and name != app.kept:
            question = Confirm("save", f"{name} is there. Write over it?")
            app.push_screen(question, lambda yes: _write(app, answer, name, then) if yes else None)
        else:
            _write(app, answer, name, then)

    card = Prompt(
        "save",
        text=app.kept or _NAME,
        note="plan.yaml is what validate and launch read; .json, .md and others by their suffix",
        check=of_output,
    )
    app.push_screen(card, take)


def _write(app: Session, answer: Answer, name: str, then: Callable[[], None] | None) -> None:
    try:
        write_plan(answer, name)
    except PlannerError as error:
        app.notify(f"{error.message}; {error.fix}", severity="error")
        return
    app.kept, app.saved = name, app.request
    app.notify(f"wrote {name}")
    if then is not None:
        then()


def write_plan(answer: Answer, name: str) -> None:
    """Write a plan in the format of the file's suffix.

    Raises:
        InvalidInputError: the file cannot be written.
    """
    path, report = of_output(name)
    try:
        Path(path).write_text(report.render(answer, Page()), encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be written: {error.strerror}", fix="name a folder that exists"
        ) from None
