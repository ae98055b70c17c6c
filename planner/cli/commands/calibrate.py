"""Learn from start-up logs of vLLM: predicted against actual, term by term."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli import options
from planner.cli.command import Grouped, PlannerCommand
from planner.cli.output import complain, write
from planner.cli.waiting import waiting
from planner.errors import ExitCode

if TYPE_CHECKING:
    from planner.runtime.calibrate.flow import Calibrated


@click.command("calibrate", cls=PlannerCommand, vllm=True)
@click.argument("logs", metavar="[LOG]...", nargs=-1)
@click.option("--model", metavar="ID|DIR|FILE", help="The model, where the log has only a path.")
@click.option("--gpus", metavar="CLUSTER", multiple=True, help="The GPUs it ran on: 8xH100.")
@click.option("--revision", metavar="REV", help="Revision of the model.")
@click.option("--vllm-version", metavar="VERSION", help="The release, where the log names none.")
@click.option("--offline", is_flag=True, help="Ask no network.")
@click.option("--dry-run", is_flag=True, help="Compare, and keep nothing.")
@click.option("--forget", is_flag=True, help="Remove what was learnt here.")
@click.option(
    "--fail-on",
    cls=Grouped,
    group="options",
    type=click.Choice(["error", "warning", "advice"]),
    default="error",
    help="Exit 1 from this severity on (error).",
)
@click.option(
    "--format", "form", metavar="FORMAT", default="table", help="table, json, yaml (table)."
)
@click.pass_context
def calibrate(
    ctx: click.Context,
    /,
    logs: tuple[str, ...],
    form: str,
    fail_on: str,
    **typed: Any,  # noqa: ANN401 - click's, checked by options.asked
) -> int:
    """Hold LOGs of vLLM 0.6 to 0.33 against the planner, term by term, and learn from them.

    Plain or gzip files, - for standard input. What they teach is kept in a file of this machine
    that later answers use and name. Without LOG: what was learnt so far. Exit 1 if a log tells of
    a failure, 2 if one cannot be used.
    """
    # numpy and the model's own modules: not for --help
    from planner.runtime.calibrate import flow
    from planner.runtime.calibrate.answer import document

    dry, gone = typed.pop("dry_run"), typed.pop("forget")
    if gone:
        removed = flow.forget()
        write(f"removed {removed}\n" if removed else "nothing was learnt here\n")
        return ExitCode.OK
    if not logs:
        _show(document(flow.known()), form)
        return ExitCode.OK
    asked = options.asked(ctx, {**typed, "allow": ()})
    with waiting("reading logs"):
        answer = flow.calibrate([Path(log) for log in logs], asked, keep=not dry)
    _show(document(answer), form)
    for error in answer.unread:
        complain(error)
    return _exit_code(answer, fail_on)


def _show(answer: dict[str, Any], form: str) -> None:
    if form != "table":
        from planner.cli.rows import show_one

        show_one(answer, form)
        return
    from planner.cli.calibration_text import constants_text, log_text

    parts = [log_text(log) for log in answer.get("logs", ())]
    parts += [constants_text(answer["constants"], answer["calibration"])]
    write("\n".join(part for part in parts if part) or "nothing was learnt here\n")


def _exit_code(answer: Calibrated, fail_on: str) -> ExitCode:
    from planner.finding import Severity

    if answer.unread:
        return ExitCode.USAGE
    found = (each for log in answer.logs for each in log.findings)
    bad = any(each.severity.rank <= Severity(fail_on).rank for each in found)
    return ExitCode.FINDINGS if bad else ExitCode.OK


COMMAND = calibrate
