"""Turn a request by keys or mouse, and see its answer change."""

from __future__ import annotations

import os
from typing import Any

import click

from planner.cli import options
from planner.cli.command import PlannerCommand
from planner.errors import ExitCode, UnavailableError


@click.command("tui", cls=PlannerCommand, vllm=True)
@click.argument("plan", required=False, metavar="[PLAN]")
@options.subject
@options.storage
@options.workload
@options.price
@click.pass_context
def tui(ctx: click.Context, /, plan: str | None, **typed: Any) -> int:  # noqa: ANN401
    """Look at a plan in the terminal: change a field, and see what it costs.

    PLAN is a file that planner recommend wrote, or anything that validate reads; without one the
    options are those of recommend, and without any it begins empty.
    """
    asked = options.asked(ctx, {**typed, "allow": ()})
    try:
        # textual, numpy and the model's own modules: not for --help
        from planner.tui.run import application, run
    except ModuleNotFoundError as missing:
        raise UnavailableError(
            f"{missing.name} is not installed",
            cause="the terminal application is an extra",
            fix="pip install 'vllm-planner[tui]'",
        ) from None
    run(application(asked, plan, os.environ))
    return ExitCode.OK


COMMAND = tui
