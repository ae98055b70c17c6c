"""One start of vLLM as its lines come in: what each process printed, and how far it came."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.units import GIB
from planner.vllm.log.figures import STAGES, LogError, Printed
from planner.vllm.log.patterns import failure_texts

if TYPE_CHECKING:
    from planner.vllm.log.patterns import Pattern
    from planner.vllm.log.process import Process

_MOST_RANKS = 4096
#: of a line that is kept whole, only the first is used
_MOST_TEXTS = 4
_MOST_ERRORS = 50
_LONGEST_ERROR = 600
#: vLLM rounds sizes to two digits and leaves zeros at the end out: 14.5 may be 14.50
_LEAST_DIGITS = 2
#: a fact that is only printed once a stage is reached
_REACHED = {"weights": "profile", "kv_cache": "capture", "init_engine": "started"}
_QUIET = re.compile(r"(?<![\w=])(?:INFO|WARNING|DEBUG)(?=[\s:\]])")
_QUIET_CHARACTERS = 160
_ERROR = re.compile(
    r"(?:^|[\s|])(?P<text>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Interrupt)(?:: .*|:?$))"
)
_PREFIX = re.compile(
    r"^.*?\b(?:ERROR|CRITICAL|FATAL)\b[ :]*(?:[\d:., -]{6,}\s*)?(?:\[[^\]]*\]|\S+\])?\s*"
)
_TAGS = re.compile(r"^(?:\s*\([^()]*pid=\d+[^()]*\))+")
_PYDANTIC = re.compile(r" \[type=\w+, input_value=.*")


@dataclass(slots=True, kw_only=True)
class Rank:
    """What one process printed of its GPU, each size as often as it was printed."""

    process: Process
    places: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, list[Printed]] = field(default_factory=dict)
    utilizations: set[float] = field(default_factory=set)


class Start:
    """The facts of one start: of the engine as texts by name, of each rank as sizes."""

    def __init__(self) -> None:
        """Nothing known yet."""
        self.told: dict[str, list[str]] = {}
        self.ranks: dict[str, Rank] = {}
        self.names: set[str] = set()
        self.cut: set[str] = set()
        self.errors: list[LogError] = []
        self.stage = 0
        self.tells = False
        self._begun: set[tuple[str, str]] = set()

    @property
    def ranks_with_sizes(self) -> bool:
        """Some process loaded a model, or sized its cache."""
        return any({"weights", "kv_cache", "non_torch"} & set(r.sizes) for r in self.ranks.values())

    @property
    def tells_how_it_went(self) -> bool:
        """It loaded a model, or failed; one that was cut before does not."""
        failed = self.stage < STAGES.index("started") and bool(self.errors)
        return self.ranks_with_sizes or failed

    @property
    def is_ready(self) -> bool:
        """The server answers, so every engine has told its cache."""
        return self.stage == len(STAGES) - 1

    def is_over(self, message: str, process: Process) -> bool:
        """Whether a line with which a start begins belongs to the next one."""
        mark = _mark(message, process)
        progressed = self.stage > STAGES.index("load") or self.errors
        return mark in self._begun or bool(progressed and mark[0] != "engine")

    def begin(self, message: str, process: Process) -> None:
        """Take note of a line with which a start begins."""
        self._begun.add(_mark(message, process))

    def match(self, pattern: Pattern, message: str, process: Process, *, cut: bool) -> None:
        """Take a line's facts; of a line that was cut, none that touches its end."""
        match = pattern.regex.search(message)
        if match is None:
            return
        self.tells |= not pattern.weak
        self.names.add(process.name)
        self._reach(pattern.stage)
        for name, text in match.groupdict().items():
            if text is None:
                continue
            touches_end = cut and match.end(name) >= len(message.rstrip())
            self._take(pattern, name, text, process, cut=touches_end)

    def _take(self, pattern: Pattern, name: str, text: str, process: Process, *, cut: bool) -> None:
        fact, _, kind = name.rpartition("_")
        if kind in {"gib", "bytes", "n", "s", "x"}:
            if cut:
                return
            self._reach(_REACHED.get(fact, ""))
            if pattern.scope == "rank" and kind != "s":
                self._rank(process, fact, kind, text)
                return
        else:
            fact = name
            if cut:
                self.cut.add(fact)
        known = self.told.setdefault(fact, [])
        most = _MOST_TEXTS if fact == name else _MOST_RANKS
        if len(known) < most and text not in known:
            known.append(text)

    def _rank(self, process: Process, fact: str, kind: str, text: str) -> None:
        if process.key not in self.ranks and len(self.ranks) >= _MOST_RANKS:
            return
        rank = self.ranks.setdefault(process.key, Rank(process=process))
        # a worker is named more closely once it knows its place
        if len(process.name) > len(rank.process.name):
            rank.process = process
        if kind == "n":
            rank.places[fact] = int(text)
        elif kind == "x":
            rank.utilizations.add(float(text))
        else:
            rank.sizes.setdefault(fact, []).append(printed(text, kind))

    def error(self, message: str, line: int) -> None:
        """Keep an error's text, each once; a traceback's frames and milder levels are none."""
        if _QUIET.search(message, 0, _QUIET_CHARACTERS) or message.lstrip().startswith("File "):
            return
        match = _ERROR.search(message)
        if match is None and not any(text in message for text in failure_texts()):
            return
        text = match["text"] if match else _TAGS.sub("", _PREFIX.sub("", message))
        text = _PYDANTIC.sub("", text.strip()).removeprefix("Value error, ")
        text = text.rstrip(":")[:_LONGEST_ERROR]
        known = any(text == each.text for each in self.errors)
        if text and not known and len(self.errors) < _MOST_ERRORS:
            self.errors.append(LogError(text=text, stage=STAGES[self.stage], line=line))

    def _reach(self, stage: str) -> None:
        if stage:
            self.stage = max(self.stage, STAGES.index(stage))


def printed(text: str, kind: str) -> Printed:
    """A size as printed: ``gib`` or ``bytes``.

    >>> printed("14.5", "gib")
    Printed(size_bytes=15569256448, step_bytes=10737418)
    """
    if kind == "bytes":
        return Printed(size_bytes=int(text), step_bytes=1)
    digits = max(_LEAST_DIGITS, len(text.partition(".")[2]))
    return Printed(size_bytes=round(float(text) * GIB), step_bytes=round(GIB / 10**digits))


def _mark(message: str, process: Process) -> tuple[str, str]:
    """Which kind of beginning, and of whom: replicas under Ray share a name."""
    kind = "engine" if " LLM engine (v" in message else "args" if "args: {" in message else "server"
    return kind, process.key if "Actor" in process.name else process.name
