"""What a change of a plan or a manifest changes: memory, capacity, speed, cost, findings."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from planner.cli import options, workload_options
from planner.cli import policy as policies
from planner.cli.command import PlannerCommand
from planner.cli.waiting import waiting
from planner.errors import InvalidInputError, UsageError

if TYPE_CHECKING:
    from planner.request import Request
    from planner.targets.reading import Reading

_STDIN = "-"
_NO_POLICY: dict[str, Any] = {
    "select": (), "ignore": (), "strict": False, "baseline": None, "write_baseline": False,
    "config": None, "isolated": False,
}  # fmt: skip


@click.command("diff", cls=PlannerCommand)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@options.subject
@workload_options.workload
@options.judgement
@options.answer
@click.pass_context
def diff(
    ctx: click.Context,
    /,
    *,
    old: str,
    new: str,
    format_: str,
    output: tuple[str, ...],
    fail_on: str,
    **typed: Any,  # noqa: ANN401 - click's, checked by options.asked
) -> int:
    """OLD against NEW: two files; one of them may be -, what standard input holds.

    Both are judged anew, as validate judges them; figures that a plan holds are not read. Exit 1 if
    NEW has findings at or above --fail-on that OLD has not.
    """
    # pydantic and the model's own modules: not for --help
    from planner.cli.differing import deliver
    from planner.compare import compare

    if old == new == _STDIN:
        raise UsageError("standard input can be one of the two", fix="planner diff - NEW")
    policy = policies.policy_of(ctx, (new if old == _STDIN else old,), _NO_POLICY)
    asked = policies.allowing(options.asked(ctx, typed), policy)
    readings = (_read(old, new, asked), _read(new, old, asked))
    with waiting("judging both"):
        found = compare(asked, readings, (old, new), policy)
    return deliver(found, format_, output, policy.fail_on or fail_on)


def _read(name: str, beside: str, asked: Request) -> Reading:
    """The deployments of a file; standard input is another text of the other one."""
    from planner.targets.files import MAX_BYTES
    from planner.targets.reading import Reading, read_all, reread

    if name != _STDIN:
        return read_all([name], version=asked.vllm_version)
    text = sys.stdin.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise InvalidInputError("standard input is longer than any manifest")
    found = reread(Reading(version=asked.vllm_version), beside, text)
    if found.failures:
        raise found.failures[0].error
    if not found.targets:
        raise InvalidInputError(f"standard input, read as {beside}, runs no vLLM")
    return found


COMMAND = diff
