"""The errors a user can cause: one class per reaction, each with cause and fix."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """What the process answers; scripts rely on these."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNAVAILABLE = 3
    SERVER_FAILED = 4
    INTERRUPTED = 130


class PlannerError(Exception):
    """Something the user can mend: what is wrong, why, and what to type.

    Attributes:
        message: what is wrong, with the numbers that show it.
        cause: why it is so; empty when the message says it all.
        fix: what to type instead; empty when nothing here can mend it.
        exit_code: what the process returns.
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, message: str, *, cause: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.fix = fix


class UsageError(PlannerError):
    """The command or the request contradicts itself."""


class UnknownNameError(PlannerError):
    """A model, accelerator, rule or flag that nobody knows."""


class InvalidInputError(PlannerError):
    """A file was found but cannot be read as what it should be.

    ``line`` and ``column`` say where, from 1; None where it is not known.
    """

    def __init__(
        self,
        message: str,
        *,
        cause: str = "",
        fix: str = "",
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, cause=cause, fix=fix)
        self.line = line
        self.column = column


class UnavailableError(PlannerError):
    """An input exists but cannot be had here: gated, unreachable, or no GPU."""

    exit_code = ExitCode.UNAVAILABLE


class RefusedError(PlannerError):
    """A deployment that the planner's own judgement speaks against: nothing fits, or an error."""

    exit_code = ExitCode.FINDINGS


class ServerFailedError(PlannerError):
    """The server that was launched did not start, did not answer, or ended by itself."""

    exit_code = ExitCode.SERVER_FAILED


def nearest(name: str, known: Iterable[str], limit: int = 3, *, likeness: float = 0.5) -> list[str]:
    """The known names most like ``name``, best first; ``likeness`` 1 asks for the same letters."""
    from difflib import get_close_matches  # only a name that nobody knows needs it

    by_lower = {k.lower(): k for k in known}
    like = get_close_matches(name.lower(), by_lower, n=limit, cutoff=likeness)
    return [by_lower[match] for match in like]
