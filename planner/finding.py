"""What a rule finds: a code, a sentence for people, a place in a file."""

from __future__ import annotations

from enum import StrEnum

from planner.frozen import frozen


class Severity(StrEnum):
    """How bad it is. ``error``: vLLM will not start, or the layout is invalid by policy."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Origin(StrEnum):
    """Who objects."""

    VLLM = "vllm"
    """vLLM itself refuses."""
    CAPACITY = "capacity"
    """It does not fit."""
    POLICY = "policy"
    """This planner's own rule; it may be allowed by name."""


@frozen
class Location:
    """Where in a file; lines and columns count from 1."""

    file: str
    line: int | None = None
    column: int | None = None
    path: str | None = None
    part: str | None = None
    """Which deployment of a file that describes several: ``services.chat``."""


@frozen
class Finding:
    """One thing that is wrong or could be better.

    ``message`` says what, with numbers; ``cause`` says why; ``fix`` says what to type;
    ``source`` names the vLLM function or the document it rests on.
    """

    code: str
    name: str
    severity: Severity
    origin: Origin
    message: str
    cause: str = ""
    fix: str = ""
    source: str = ""
    location: Location | None = None
