"""The options by which a project's policy is named, and laid over by what was typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from planner.cli.options import group_option, may_be_allowed, several
from planner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.plan import Answer
    from planner.policy.policy import Policy
    from planner.request import Request

#: what the command hands to ``policy_of``
NAMES = ("select", "ignore", "strict", "baseline", "write_baseline", "config", "isolated")
#: how bad, the worst first
_SEVERITIES = ("error", "warning", "advice")


def _codes(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Codes with commas between them, or the option several times."""
    return tuple(code.strip() for typed in value for code in typed.split(",") if code.strip())


policy: Callable[..., Any] = several(
    group_option(
        "judgement",
        "--select",
        multiple=True,
        metavar="CODES",
        callback=_codes,
        help="Only these rules count: PAR003, or RUN for all that begin so.",
    ),
    group_option(
        "judgement",
        "--ignore",
        multiple=True,
        metavar="CODES",
        callback=_codes,
        help="These do not. What vLLM itself refuses stays an error.",
    ),
    group_option(
        "judgement",
        "--strict",
        is_flag=True,
        help="Warnings fail; comments that ignore nothing are found.",
    ),
    group_option("judgement", "--baseline", metavar="FILE", help="Leave out what it records."),
    group_option(
        "judgement",
        "--write-baseline",
        is_flag=True,
        help="Record the findings in the baseline's file.",
    ),
    group_option(
        "judgement",
        "--config",
        metavar="FILE",
        help="A planner.toml; else the nearest upwards from the first target.",
    ),
    group_option("judgement", "--isolated", is_flag=True, help="Heed no planner.toml."),
)


def policy_of(ctx: click.Context, targets: tuple[str, ...], typed: dict[str, Any]) -> Policy:
    """The policy of a file, with what was typed before it.

    Raises:
        PlannerError: a file that is no policy, or a rule that nobody knows.
    """
    # tomllib and data classes: not for --help
    from pathlib import Path

    from planner.policy.file import check_codes, find_policy, read_policy
    from planner.policy.policy import Policy

    if typed["config"] and typed["isolated"]:
        raise UsageError("--config names a file, --isolated heeds none", fix="leave one out")
    if typed["config"]:
        found = read_policy(Path(typed["config"]))
    else:
        found = Policy() if typed["isolated"] else find_policy(targets[0] if targets else None)
    for option in ("select", "ignore"):
        check_codes(typed[option], f"--{option}")
    if typed["write_baseline"] and not typed["baseline"]:
        raise UsageError(
            "--write-baseline does not say where", fix="--baseline FILE --write-baseline"
        )
    may_be_allowed(found.allow)
    return replace(
        found,
        select=typed["select"] or found.select,
        ignore=(*found.ignore, *typed["ignore"]),
        fail_on=_fail_on(ctx, found, strict=typed["strict"]),
        strict=typed["strict"],
    )


def _fail_on(ctx: click.Context, found: Policy, *, strict: bool) -> Any:  # noqa: ANN401
    """What was typed, else what the file says; at least warnings where strict."""
    typed = ctx.get_parameter_source("fail_on") is not ParameterSource.DEFAULT
    said = ctx.params["fail_on"] if typed or not found.fail_on else found.fail_on
    return max(said, "warning", key=_SEVERITIES.index) if strict else said


def allowing(asked: Request, found: Policy) -> Request:
    """The request with what the policy allows."""
    return replace(asked, allow=(*asked.allow, *(code.upper() for code in found.allow)))


def known_left_out(answer: Answer, name: str | None, *, write: bool) -> Answer:
    """The answer without what a baseline records, where there is one; first written if asked."""
    if not name:
        return answer
    from planner.policy.baseline import read_baseline, without_known, write_baseline

    if write:
        write_baseline(name, answer)
        click.echo(f"planner: wrote {name}", err=True)
    return without_known(answer, read_baseline(name), name)
