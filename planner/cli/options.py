"""The planner's own options, and the request they make."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from planner.cli.command import Grouped, vllm_arguments
from planner.errors import UsageError
from planner.report.base import formats
from planner.vllm.environment import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.request import Request

_F = TypeVar("_F", bound="Callable[..., Any]")
COUNT = click.IntRange(min=1)
POSITIVE = click.FloatRange(min=0, min_open=True)


def several(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several decorators as one, in the order of the help page."""

    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def group_option(group: str, *names: str, **settings: Any) -> Callable[[_F], _F]:  # noqa: ANN401
    """An option of the planner's own, under a heading of the help page."""
    return click.option(*names, cls=Grouped, group=group, **settings)


def format_option(group: str, help_: str = "Of the answer (table).") -> Callable[[_F], _F]:
    """The format of an answer that takes long: it is known before the work, not after."""
    return group_option(
        group,
        "--format",
        "form",
        type=click.Choice(["table", "json", "yaml"]),
        default="table",
        help=help_,
    )


subject = several(
    group_option("subject", "--model", metavar="ID|DIR|FILE", help="Id, directory or config.json."),
    group_option(
        "subject",
        "--gpus",
        multiple=True,
        metavar="CLUSTER",
        help="2x8xA100, 8xH100, 2xp4d.24xlarge, auto, a cluster.toml; once for each node group.",
    ),
    group_option(
        "subject",
        "--memory-taken",
        metavar="SIZE",
        help="Of each GPU, by other processes: 12GiB. With --gpus auto it is read.",
    ),
    group_option("subject", "--revision", metavar="REV", help="Revision of the model."),
    group_option(
        "subject", "--vllm-version", metavar="VERSION", help="Whose behaviour to predict."
    ),
    group_option("subject", "--offline", is_flag=True, help="Ask no network."),
    group_option("subject", "--refresh", is_flag=True, help="Ask the hub before local copies."),
    group_option(
        "subject",
        "--no-calibration",
        "calibration",
        is_flag=True,
        flag_value=False,
        default=True,
        help="Leave out what was learnt from logs here.",
    ),
    group_option(
        "subject",
        "--executor",
        type=click.Choice(["mp", "ray"]),
        help="What brings several hosts together (mp).",
    ),
)

price = group_option(
    "money",
    "--price",
    multiple=True,
    metavar="[NAME=]USD",
    help="What you pay for a GPU and hour: 2.50, or H100=2.50.",
)

storage = group_option(
    "subject",
    "--storage",
    type=click.Choice(["nvme", "page-cache", "network", "volume", "block", "object", "hub"]),
    help="Where the checkpoint lies, for the time a start takes.",
)

search = group_option(
    "search", "--top", type=COUNT, metavar="N", help="Layouts to answer with (5)."
)

judgement = several(
    group_option(
        "judgement",
        "--allow",
        multiple=True,
        metavar="CODE",
        help="Allow what this rule of the planner's own policy forbids.",
    ),
    group_option(
        "judgement",
        "--fail-on",
        type=click.Choice(["error", "warning", "advice"]),
        default="error",
        help="Exit 1 from this severity on (error).",
    ),
)

show_math = group_option(
    "answer", "--show-math", is_flag=True, help="Each formula with its numbers."
)

answer = several(
    group_option(
        "answer",
        "--format",
        "format_",
        metavar="FORMAT",
        default="table",
        help=f"Of what goes to standard output: {', '.join(formats(own=True))} (table).",
    ),
    group_option(
        "answer",
        "-o",
        "--output",
        multiple=True,
        metavar="[FORMAT:]FILE",
        help="Write to a file too; its suffix says the format, or a word before it.",
    ),
)


def asked(ctx: click.Context, options: dict[str, Any]) -> Request:
    """The request of the options typed.

    Raises:
        PlannerError: a rule that cannot be allowed, or a value that makes no sense.
    """
    from planner.request import request  # not for --help

    may_be_allowed(options["allow"])
    arguments = vllm_arguments(ctx)
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    for name, value in environment.items():
        click.echo(f"planner: note: {name}={value} is taken from the environment", err=True)
    found = request(
        **{name: value for name, value in options.items() if value not in (None, ())},
        **arguments.given(),
        other=arguments.other,
        environment=environment,
    )
    return _at_own_prices(found) if "price" in options else found


def _at_own_prices(asked: Request) -> Request:
    """The request with the prices of the planner.toml that is nearest upwards from here."""
    from dataclasses import replace

    from planner.policy.file import find_policy
    from planner.policy.prices import paid_by

    return replace(asked, prices=paid_by(find_policy()))


def may_be_allowed(codes: Sequence[str]) -> None:
    """See that each is a rule of the planner's own policy.

    Raises:
        PlannerError: nobody knows it, or vLLM itself refuses what it finds.
    """
    if not codes:
        return
    # imports every rule, and nobody allows one by default
    from planner.finding import Origin
    from planner.rules.base import find_rule

    for code in codes:
        rule = find_rule(code)
        if rule.ORIGIN is not Origin.POLICY:
            raise UsageError(
                f"{rule.CODE} cannot be allowed",
                cause="it says what vLLM itself refuses or what does not fit, not what this "
                "planner advises against",
                fix=f"planner explain {rule.CODE}",
            )
