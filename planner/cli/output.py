"""Where an answer goes: standard output, files, the exit code."""

from __future__ import annotations

import os
import shlex
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.errors import ExitCode, InvalidInputError, UsageError
from planner.frozen import frozen
from planner.report.base import WIDTH, Page, find, needs, of_output, see_available, without, written
from planner.report.parts.safe import without_controls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.errors import PlannerError
    from planner.finding import Finding
    from planner.plan import Answer
    from planner.report.base import Report
    from planner.request import Request

#: where the context of a run keeps its words
TYPED = "planner.typed"
#: seconds since 1970 that stand for now, for who makes the same file again
_EPOCH = "SOURCE_DATE_EPOCH"
#: lines longer than this are hard to read on any screen
_WIDEST = 120
_NARROWEST = 40


def page() -> Page:
    """What standard output is, from the terminal and ``NO_COLOR FORCE_COLOR TERM COLUMNS``."""
    terminal = sys.stdout.isatty()
    forced = bool(os.environ.get("FORCE_COLOR"))
    wanted = forced or (terminal and os.environ.get("TERM") != "dumb")
    return Page(
        width=max(_NARROWEST, min(_columns(), _WIDEST)),
        terminal=terminal,
        colour=wanted and not os.environ.get("NO_COLOR"),
        unicode=_takes_unicode(sys.stdout.encoding),
    )


def _columns() -> int:
    """As ``shutil.get_terminal_size``, whose module brings three compressors to every start."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def _takes_unicode(encoding: str | None) -> bool:
    try:
        "█▓▒░▪▫·".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@frozen
class Delivery:
    """Where an answer will go: known to be possible before it is worked out."""

    shown: Report
    files: tuple[tuple[str, Report], ...]
    fail_on: str

    @classmethod
    def of(cls, form: str, files: Sequence[str], fail_on: str) -> Delivery:
        """From what was typed.

        Raises:
            PlannerError: a format that nobody knows.
        """
        named = tuple(of_output(typed) for typed in files)
        shown = find(form)
        for report in (shown, *(report for _, report in named)):
            see_available(report)
        return cls(shown=shown, files=named, fail_on=fail_on)

    def asking(self, request: Request) -> Request:
        """The request, with all that the formats show."""
        from dataclasses import replace  # not for --help

        wanted: dict[str, Any] = dict.fromkeys(self._needs(), True)
        return replace(request, **wanted) if wanted else request

    def deliver(self, answer: Answer, asked: Request | None = None) -> ExitCode:
        """Print the answer, write it to files, and say how the process ends.

        What one format shows, another does not for its sake: ``asked`` is the request as typed.
        """
        extra = {name for name in self._needs() if asked and not getattr(asked, name)}
        text = self.shown.render(without(answer, extra - {*needs(self.shown)}), page())
        for name, report in self.files:
            shown = without(answer, extra - {*needs(report)})
            for file, content in written(report, shown, name, paper()).items():
                write_file(file, content)
        write(text)
        return exit_code(answer, self.fail_on)

    def _needs(self) -> list[str]:
        reports = (self.shown, *(report for _, report in self.files))
        return [name for report in reports for name in needs(report)]


def paper() -> Page:
    """What files are written on: they say when they were made, and by which command.

    Raises:
        UsageError: ``SOURCE_DATE_EPOCH`` is set to no number of seconds.
    """
    context = click.get_current_context(silent=True)
    words = context.meta.get(TYPED, ()) if context else ()
    return Page(command=shlex.join(("planner", *words)) if words else "", date=today().isoformat())


def today() -> date:
    """The day in UTC; for reports that are made again to the byte, that of the source.

    Source: reproducible-builds.org, SOURCE_DATE_EPOCH
    """
    asked = os.environ.get(_EPOCH)
    if asked is None:
        return datetime.now(UTC).date()
    try:
        return datetime.fromtimestamp(int(asked), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{_EPOCH} is {asked!r}", fix="give it seconds since 1970, as git log -1 --format=%ct"
        ) from None


def write(text: str) -> None:
    """Put text on standard output; a reader who went away is no error.

    Raises:
        InvalidInputError: it cannot be written, as on a full disk.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except OSError as error:
        refused = unwritable(error)
        if not isinstance(error, BrokenPipeError):
            raise refused from None


def unwritable(error: OSError) -> InvalidInputError:
    """That standard output takes nothing; what Python still holds is not flushed there at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return InvalidInputError(
        f"standard output cannot be written: {error.strerror}",
        fix="send it to a file on a disk with room",
    )


def complain(error: PlannerError) -> ExitCode:
    """Put an error and its remedy on standard error; the exit code is the error's."""
    lines = [f"planner: error: {error.message}"]
    lines += [f"  cause: {error.cause}"] if error.cause else []
    lines += [f"  fix: {error.fix}"] if error.fix else []
    click.echo(without_controls("\n".join(lines)), err=True)
    return error.exit_code


def write_file(name: str, text: str) -> None:
    """Write a report, and say so.

    Raises:
        InvalidInputError: the file cannot be written.
    """
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(
            f"{name} cannot be written: {error.strerror}", fix="-o a path in a folder that exists"
        ) from None
    click.echo(f"planner: wrote {name}", err=True)


def not_judged(found: Sequence[Finding]) -> set[ExitCode]:
    """The exit codes of findings that say what could not be judged, where they are errors."""
    if not found:
        return set()
    # imports what judging has imported, and --help has not
    from planner.finding import Severity
    from planner.rules import run033_deployment_not_judged as unread
    from planner.rules import run034_input_out_of_reach as away

    codes = {unread.CODE: unread.EXIT_CODE, away.CODE: away.EXIT_CODE}
    return {codes[f.code] for f in found if f.code in codes and f.severity is Severity.ERROR}


def exit_code(answer: Answer, fail_on: str) -> ExitCode:
    """0, or 1: a finding at or above ``fail_on``, or nothing fits.

    Of ``recommend`` the first layout counts: the others are offered beside it.
    """
    from planner.finding import Severity  # not for --help

    layouts = answer.layouts[:1] if answer.command == "recommend" else answer.layouts
    found = [*answer.findings, *(f for layout in layouts for f in layout.findings)]
    nothing = answer.command == "recommend" and not answer.layouts
    short = answer.command == "estimate" and any(
        layout.fit.verdict == "does_not_fit" for layout in layouts
    )
    # of what could not be judged nobody knows whether it is fine
    if answer.command == "validate" and (stops := not_judged(found)):
        return min(stops)
    bad = any(f.severity.rank <= Severity(fail_on).rank for f in found)
    return ExitCode.FINDINGS if bad or nothing or short else ExitCode.OK
