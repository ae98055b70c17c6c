"""Turn a request by keys or mouse, and see its answer change; in a browser too."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from planner.cli import options, workload_options
from planner.cli.command import PlannerCommand
from planner.errors import ExitCode, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: where to serve, by the name of the option
_WHERE = ("host", "port", "expose")
#: options of serving: whether a value follows
_OF_SERVING = {"--serve": False, "--expose": False, "--host": True, "--port": True}

serving = options.several(
    options.group_option("browser", "--serve", is_flag=True, help="Serve it to a browser."),
    options.group_option(
        "browser",
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="Where to serve it (127.0.0.1: this machine alone).",
    ),
    options.group_option(
        "browser",
        "--port",
        type=click.IntRange(1, 65535),
        default=8765,
        metavar="N",
        help="On which port (8765).",
    ),
    options.group_option(
        "browser", "--expose", is_flag=True, help="Also on an address that others reach."
    ),
)


@click.command("tui", cls=PlannerCommand, vllm=True)
@click.argument("plan", required=False, metavar="[PLAN]")
@options.subject
@options.storage
@workload_options.workload
@options.price
@serving
@click.pass_context
def tui(ctx: click.Context, /, plan: str | None, **typed: Any) -> int:  # noqa: ANN401
    """Look at a plan in the terminal: change a field, and see what it costs.

    PLAN is a file that planner recommend wrote, or anything that validate reads; without one the
    options are those of recommend, and without any it begins empty.
    """
    serve, where = typed.pop("serve"), {name: typed.pop(name) for name in _WHERE}
    asked = options.asked(ctx, {**typed, "allow": ()})
    try:
        # textual, numpy and the model's own modules, or a web server: not for --help
        if serve:
            from planner.tui.serve import serve as serve_it

            serve_it(_without_serving(sys.argv[2:]), **where)
        else:
            from planner.tui.run import application, run

            run(application(asked, plan, os.environ))
    except ModuleNotFoundError as missing:
        extra = "serve" if serve else "tui"
        raise UnavailableError(
            f"{missing.name} is not installed",
            cause="the terminal application is an extra, and so is serving it to a browser",
            fix=f"pip install 'vllm-planner[{extra}]'",
        ) from None
    return ExitCode.OK


def _without_serving(words: Sequence[str]) -> list[str]:
    """What was typed for the application itself."""
    kept: list[str] = []
    skip = False
    for word in words:
        flag, equals, _ = word.partition("=")
        if skip:
            skip = False
        elif flag in _OF_SERVING:
            skip = _OF_SERVING[flag] and not equals
        else:
            kept.append(word)
    return kept


COMMAND = tui
