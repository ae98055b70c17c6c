"""The options that mend files, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from planner.cli.options import group_option, several
from planner.cli.output import write
from planner.errors import ExitCode, UsageError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.fixes.mending import Judge
    from planner.plan import Answer
    from planner.targets.reading import Reading

#: what the command hands to ``Wanted.of``
NAMES = ("fix", "diff", "unsafe_fixes")

fixes: Callable[..., Any] = several(
    group_option(
        "judgement",
        "--fix",
        is_flag=True,
        help="Mend files where a finding has one safe answer, [*]; tell what is left. Of a command "
        "after -- print it as it is mended.",
    ),
    group_option(
        "judgement",
        "--diff",
        is_flag=True,
        help="Print what --fix would change, and change nothing; exit 1 if there is any.",
    ),
    group_option(
        "judgement",
        "--unsafe-fixes",
        is_flag=True,
        help="With either: also fixes that change what is served, such as a shorter context.",
    ),
)


@frozen
class Wanted:
    """What was asked for."""

    changes: bool
    """The files are to be written."""
    diff: bool
    unsafe: bool

    @classmethod
    def of(cls, typed: dict[str, bool], described: Sequence[str]) -> Wanted:
        """From what was typed; ``described`` are files, and the words of a command.

        Raises:
            UsageError: there is nothing to change, or nothing that unsafe fixes are for.
        """
        if typed["unsafe_fixes"] and not (typed["fix"] or typed["diff"]):
            raise UsageError(
                "--unsafe-fixes alone changes nothing", fix="add --diff to look, or --fix"
            )
        if (typed["fix"] or typed["diff"]) and not described:
            raise UsageError(
                "files and commands can be mended, and none is named",
                fix="planner validate FILE --fix, or planner validate --fix -- vllm serve …",
            )
        changes = typed["fix"] and not typed["diff"]
        return cls(changes=changes, diff=typed["diff"], unsafe=typed["unsafe_fixes"])

    def alone(self, recording: bool, *, releases: bool) -> None:  # noqa: FBT001 - as it was typed
        """See that files are mended for one release, and nothing is recorded of them.

        Raises:
            UsageError: it is asked for all the same.
        """
        if releases and (self.changes or self.diff):
            raise UsageError(
                "files are mended for one release, and two are named",
                fix="--vllm-version of the newer one",
            )
        if recording and (self.changes or self.diff):
            raise UsageError(
                "--write-baseline records findings, and they are being mended",
                fix="first --fix, then --write-baseline",
            )


def show(wanted: Wanted, reading: Reading, answer: Answer, judge: Judge) -> ExitCode:
    """Print what would change, as a diff; how many findings would go is told beside it."""
    from planner.fixes.mending import mend  # difflib, and the targets: not for --help

    mended = mend(reading, answer, judge, unsafe=wanted.unsafe)
    write("".join(file.diff() for file in mended.files))
    for refused in mended.refused:
        click.echo(f"planner: note: {refused}", err=True)
    click.echo(f"planner: would fix {_findings(len(mended.fixed))}", err=True)
    return ExitCode.FINDINGS if mended.files else ExitCode.OK


def make(wanted: Wanted, reading: Reading, answer: Answer, judge: Judge) -> Answer:
    """Mend the files; the answer is about what they say then."""
    from planner.fixes.mending import mend  # as above
    from planner.fixes.mending import write as put
    from planner.targets.target import COMMAND_LINE

    mended = mend(reading, answer, judge, unsafe=wanted.unsafe)
    put(mended.files)
    for file in mended.files:
        # a command goes beside the answer, where no table breaks its line
        told = f": {file.after.rstrip()}" if file.name == COMMAND_LINE else f" {file.name}"
        click.echo(f"planner: fixed{told}", err=True)
    left = judge(mended.reading)
    notes = (*left.notes, *mended.refused)
    return left.model_copy(update={"fixed": mended.fixed, "notes": notes})


def _findings(count: int) -> str:
    return f"{count} finding" if count == 1 else f"{count} findings"
