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
_POSITIVE = click.IntRange(min=1)
_ABOVE_ZERO = click.FloatRange(min=0, min_open=True)


def _many(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several decorators as one, in the order of the help page."""

    def decorate(function: _F) -> _F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _option(group: str, *names: str, **settings: Any) -> Callable[[_F], _F]:  # noqa: ANN401
    return click.option(*names, cls=Grouped, group=group, **settings)


subject = _many(
    _option("subject", "--model", metavar="ID|DIR|FILE", help="Id, directory or config.json."),
    _option(
        "subject",
        "--gpus",
        multiple=True,
        metavar="CLUSTER",
        help="2x8xA100, 8xH100, 2xp4d.24xlarge, auto, a cluster.toml; once for each node group.",
    ),
    _option(
        "subject",
        "--memory-taken",
        metavar="SIZE",
        help="Of each GPU, by other processes: 12GiB. With --gpus auto it is read.",
    ),
    _option("subject", "--revision", metavar="REV", help="Revision of the model."),
    _option("subject", "--vllm-version", metavar="VERSION", help="Whose behaviour to predict."),
    _option("subject", "--offline", is_flag=True, help="Ask no network."),
    _option("subject", "--refresh", is_flag=True, help="Ask the hub before local copies."),
    _option(
        "subject",
        "--no-calibration",
        "calibration",
        is_flag=True,
        flag_value=False,
        default=True,
        help="Leave out what was learnt from logs here.",
    ),
    _option(
        "subject",
        "--executor",
        type=click.Choice(["mp", "ray"]),
        help="What brings several hosts together (mp).",
    ),
)

workload = _many(
    _option(
        "workload", "--input-tokens", type=_POSITIVE, metavar="N", help="Tokens of a prompt (1024)."
    ),
    _option(
        "workload",
        "--output-tokens",
        type=_POSITIVE,
        metavar="N",
        help="Tokens of an answer (256).",
    ),
    _option("workload", "--concurrency", type=_POSITIVE, metavar="N", help="Requests at a time."),
    _option(
        "workload", "--request-rate", type=_ABOVE_ZERO, metavar="RATE", help="Requests a second."
    ),
    _option("workload", "--arrival", type=click.Choice(["steady", "burst"]), help="How they come."),
    _option("workload", "--num-prompts", type=_POSITIVE, metavar="N", help="Requests of a burst."),
    _option(
        "workload",
        "--ttft-ms",
        type=_ABOVE_ZERO,
        metavar="MS",
        help="Longest wait for the first token.",
    ),
    _option(
        "workload",
        "--tpot-ms",
        type=_ABOVE_ZERO,
        metavar="MS",
        help="Longest wait for each further token.",
    ),
    _option(
        "workload",
        "--objective",
        type=click.Choice(["throughput", "latency", "cost", "context"]),
        help="What the best layout is best at (throughput).",
    ),
)

storage = _option(
    "subject",
    "--storage",
    type=click.Choice(["nvme", "page-cache", "network", "volume", "block", "object", "hub"]),
    help="Where the checkpoint lies, for the time a start takes.",
)

search = _option("search", "--top", type=_POSITIVE, metavar="N", help="Layouts to answer with (5).")

judgement = _many(
    _option(
        "judgement",
        "--allow",
        multiple=True,
        metavar="CODE",
        help="Allow what this rule of the planner's own policy forbids.",
    ),
    _option(
        "judgement",
        "--fail-on",
        type=click.Choice(["error", "warning", "advice"]),
        default="error",
        help="Exit 1 from this severity on (error).",
    ),
)

show_math = _option("answer", "--show-math", is_flag=True, help="Each formula with its numbers.")

answer = _many(
    _option(
        "answer",
        "--format",
        "format_",
        metavar="FORMAT",
        default="table",
        help=f"Of what goes to standard output: {', '.join(formats(own=True))} (table).",
    ),
    _option(
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

    _may_be_allowed(options["allow"])
    arguments = vllm_arguments(ctx)
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    for name, value in environment.items():
        click.echo(f"planner: note: {name}={value} is taken from the environment", err=True)
    return request(
        **{name: value for name, value in options.items() if value not in (None, ())},
        **arguments.given(),
        other=arguments.other,
        environment=environment,
    )


def _may_be_allowed(codes: Sequence[str]) -> None:
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
