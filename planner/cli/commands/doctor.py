"""What this machine is to vLLM, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner.cli.command import PlannerCommand
from planner.cli.output import write
from planner.cli.waiting import waiting
from planner.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.finding import Finding


@click.command("doctor", cls=PlannerCommand)
@click.option("--plan", metavar="FILE", help="A plan that is to run here.")
@click.option("--python", metavar="FILE", help="The Python that has vLLM (this one).")
@click.option("--online", is_flag=True, help="Ask the hub, or its mirror, whether it answers.")
@click.option("--facts", metavar="FILE", help="Judge what --format json wrote on another machine.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "advice"]),
    default="error",
    help="Exit 1 from this severity on (error).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    help="Of the answer (table).",
)
def doctor(
    plan: str | None,
    python: str | None,
    facts: str | None,
    fail_on: str,
    form: str,
    *,
    online: bool,
) -> int:
    """Check driver, vLLM and what it requires, memory, folders, docker and GPUs of this machine.

    With a plan also whether it can run here: GPUs, NVLink, free memory, room for the checkpoint.
    Nothing is changed, and no network is used unless --online asks for it.
    """
    # the hardware data and every rule: not for --help
    from planner.runtime import doctor as flow
    from planner.runtime.measure.software import find_python

    with waiting("looking at this machine"):
        diagnosis = flow.examine(
            python=find_python(python) if python else "", plan=plan, facts=facts, online=online
        )
    answer = flow.document(diagnosis)
    if form == "table":
        from planner.cli.doctor_text import doctor_text

        write(doctor_text(answer, diagnosis.findings))
    else:
        from planner.cli.rows import show_one

        show_one(answer, form)
    return _exit_code(diagnosis.findings, fail_on)


def _exit_code(findings: Sequence[Finding], fail_on: str) -> ExitCode:
    from planner.finding import Severity

    bad = any(found.severity.rank <= Severity(fail_on).rank for found in findings)
    return ExitCode.FINDINGS if bad else ExitCode.OK


COMMAND = doctor
