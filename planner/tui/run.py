"""Begin the application with what was typed."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.explore.opened import opened
from planner.policy.file import find_policy
from planner.tui.app import PlannerApp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.request import Request

#: set by what carries the screen to a browser
_SERVED = "TEXTUAL_DRIVER"
#: layouts that are offered beside the one that is looked at
_ALTERNATIVES = 12


def application(typed: Request, plan: str | None, environ: Mapping[str, str]) -> PlannerApp:
    """The application, with the user's own keys.

    A plan is looked at as it stands; a request begins with the best layout that it leaves open.

    Raises:
        PlannerError: the plan or planner.toml cannot be read.
    """
    request = replace(opened(plan, typed) if plan else typed, top=_ALTERNATIVES)
    settings = find_policy(plan).tui
    return PlannerApp(request, environ, best=plan is None, kept=plan, settings=settings)


def run(app: PlannerApp) -> None:
    """Until it is left.

    Raises:
        UsageError: there is no terminal: textual reads standard input, writes standard error.
    """
    if _SERVED in os.environ:
        app.run()
        return
    streams = (sys.__stdin__, sys.__stderr__)
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise UsageError(
            "planner tui needs a terminal",
            cause="standard input or standard error is a file or a pipe",
            fix="planner recommend answers without one",
        )
    app.run()
