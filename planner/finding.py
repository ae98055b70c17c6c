"""What a rule finds: a code, a sentence for people, a place in a file."""

from __future__ import annotations

from dataclasses import field
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
class Edit:
    """Text to put in the place of a piece of a file; lines and columns from 1, the end excluded."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@frozen
class Repair:
    """What takes a finding away, as data.

    Attributes:
        safe: there is one answer, and what the deployment offers stays; else somebody must choose.
        options: words by the flag in whose place they go, with its value; none takes it out, and
            those of a flag that is not there are added.
        shared_memory: what a container is to be given at /dev/shm, as docker writes sizes.
        start_s: seconds that a container must be given to start.
        edits: the same, done to the finding's file; none where nothing can be edited.
    """

    safe: bool = True
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shared_memory: str | None = None
    start_s: int | None = None
    edits: tuple[Edit, ...] = ()


@frozen
class Finding:
    """One thing that is wrong or could be better.

    ``message`` says what, with numbers; ``cause`` says why; ``fix`` says what to type;
    ``source`` names the vLLM function or the document it rests on; ``repair`` is the fix as data,
    where it is one that a program can make.
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
    repair: Repair | None = None
