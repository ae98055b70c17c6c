"""The options of ``planner launch``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner.cli.options import COUNT, POSITIVE, format_option, group_option, several
from planner.errors import UsageError
from planner.launch.base import launchers

if TYPE_CHECKING:
    from collections.abc import Sequence


def _pairs(_ctx: click.Context, param: click.Parameter, typed: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` words, by name."""
    pairs = {}
    for word in typed:
        name, equals, value = word.partition("=")
        if not name or not equals:
            flag = param.opts[0]
            raise UsageError(f"{flag}: {word!r} is not NAME=VALUE", fix=f"{flag} NAME=VALUE")
        pairs[name] = value
    return pairs


#: all of them, in the order of the help page
launching = several(
    group_option(
        "launch",
        "--to",
        default="local",
        metavar="NAME",
        help=f"What runs it: {', '.join(launchers(own=True))} (local).",
    ),
    group_option(
        "launch",
        "-o",
        "--output",
        metavar="DIR|FILE",
        help="Write the files there; without it they are shown.",
    ),
    group_option("launch", "--force", is_flag=True, help="Write over files that are there."),
    group_option(
        "launch",
        "--layout",
        type=COUNT,
        default=1,
        metavar="N",
        help="Which of the plan's layouts (1).",
    ),
    group_option("launch", "--name", metavar="NAME", help="For files and services (the model's)."),
    group_option("launch", "--image", metavar="IMAGE", help="The container image (vLLM's own)."),
    group_option(
        "launch",
        "--replicas",
        type=COUNT,
        default=1,
        metavar="N",
        help="Deployments side by side (1).",
    ),
    group_option(
        "launch",
        "--env",
        "variables",
        multiple=True,
        callback=_pairs,
        metavar="NAME=VALUE",
        help="A variable for the server.",
    ),
    group_option(
        "launch",
        "--secret",
        "secrets",
        multiple=True,
        metavar="NAME",
        help="A variable to hand over by name; VLLM_API_KEY and HF_TOKEN are, where they are set.",
    ),
    group_option(
        "launch",
        "--set",
        "settings",
        multiple=True,
        callback=_pairs,
        metavar="NAME=VALUE",
        help="What only this way of running knows.",
    ),
    format_option("launch", "Of what is shown (table)."),
    group_option(
        "running", "--run", is_flag=True, help="Start it here, and stay until it ends or Ctrl-C."
    ),
    group_option(
        "running", "--check", is_flag=True, help="As --run, and end it once it has answered."
    ),
    group_option(
        "running",
        "--retry",
        "retries",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Starts with a change that the failed one's log asks for (0).",
    ),
    group_option(
        "running",
        "--timeout",
        type=POSITIVE,
        default=3600.0,
        metavar="S",
        help="Seconds until it must answer (3600).",
    ),
    group_option(
        "running",
        "--no-preflight",
        "preflight",
        is_flag=True,
        flag_value=False,
        default=True,
        help="Start it whatever this machine lacks.",
    ),
    group_option("running", "--log", metavar="FILE", help="Keep the server's log there."),
    group_option(
        "running", "--show-log", is_flag=True, help="Pass the server's log on to standard error."
    ),
    group_option(
        "running", "--python", metavar="FILE", help="The Python that has vLLM (this one)."
    ),
)

#: what of the typed options is the command's own, by name
OWN = (
    "to",
    "output",
    "force",
    "layout",
    "name",
    "image",
    "replicas",
    "variables",
    "secrets",
    "settings",
    "form",
    "run",
    "check",
    "retries",
    "timeout",
    "preflight",
    "log",
    "show_log",
    "python",
)
