"""Differences on the command line: two releases of vLLM, and where a difference goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.cli.output import page, write, write_file
from planner.errors import ExitCode
from planner.report.base import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.difference.document import Difference
    from planner.policy.policy import Policy
    from planner.request import Request
    from planner.targets.reading import Reading

Span = tuple[str | None, str]


def span_of(typed: dict[str, Any]) -> Span | None:
    """The two releases of ``--vllm-version A..B``, taken out of what was typed; or None.

    Raises:
        PlannerError: a release that nobody knows.
    """
    from planner.compare import releases  # pydantic, and judging: not for --help

    span = releases(typed["vllm_version"])
    if span:
        typed["vllm_version"] = None
    return span


def upgrade_of(
    asked: Request, typed: tuple[Sequence[str], Sequence[str]], policy: Policy, span: Span
) -> Difference:
    """What changes for files, and for the command, from one release to the other."""
    from planner.compare import upgrade  # as above
    from planner.targets.reading import read_all

    def read(version: str | None) -> Reading:
        return read_all(*typed, version=version, otherwise=policy.vllm_version)

    return upgrade(asked, read, policy, span)


def deliver(difference: Difference, form: str, files: Sequence[str], fail_on: str) -> ExitCode:
    """Print a difference and write it to files; 1 where findings appeared that are bad enough.

    Raises:
        PlannerError: a format that nobody knows, or a file that cannot be written.
    """
    from planner.finding import Severity  # as above
    from planner.report.difference.base import find, of_output

    shown, named = find(form), [of_output(each) for each in files]
    for name, report in named:
        write_file(name, report.render(difference, Page()))
    write(shown.render(difference, page()))
    worst = Severity(fail_on).rank
    bad = any(f.severity.rank <= worst for c in difference.deployments for f in c.appeared)
    return ExitCode.FINDINGS if bad else ExitCode.OK
