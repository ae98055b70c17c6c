"""What a finding says to change, done to the request."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from planner.errors import PlannerError
from planner.explore.change import value_of, with_value
from planner.explore.knob import Knob, find_knob, knobs
from planner.vllm.arguments import OPTIONS
from planner.vllm.command import read_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.finding import Finding
    from planner.request import Request

#: before another way to mend the same
_OTHERWISE = re.compile(r"[,;]? or (?=--|allow |leave |VLLM_)|; or ")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_WITHOUT = re.compile(r"leave out\s*$")
#: among several values for one option
_OR = re.compile(r"\s+or\s+")
_ALLOW = "--allow"


def mended(asked: Request, finding: Finding) -> Request | None:
    """The request with the first way that a finding names; None where it names no option.

    What a finding holds as data goes before its sentence.

    >>> from planner.finding import Finding, Origin, Severity
    >>> from planner.request import Request
    >>> found = Finding(code="PAR001", name="", severity=Severity.ERROR, origin=Origin.VLLM,
    ...                 message="", fix="use --tensor-parallel-size 4 or 8")
    >>> mended(Request(), found).pinned.tensor_parallel_size
    4
    """
    repair = finding.repair
    if repair is not None and repair.options:
        return _repaired(asked, repair.options)
    for way in _OTHERWISE.split(finding.fix):
        changed = _done(asked, way)
        if changed != asked:
            return changed
    return None


def _repaired(asked: Request, options: Mapping[str, tuple[str, ...]]) -> Request:
    """The request with options put in the place of others."""
    for flag, words in options.items():
        name = flag.removeprefix("--").replace("-", "_")
        out: dict[str, Any] = {name: None} if name in OPTIONS else {}
        pinned = replace(asked.pinned, **out)
        if words:
            given = read_command(["vllm", "serve", "model", *words]).arguments.given()
            pinned = replace(pinned, **given)
        asked = replace(asked, pinned=pinned)
    return asked


def _done(asked: Request, way: str) -> Request:
    """The request with all that one way names."""
    flags = list(_FLAG.finditer(way))
    ends = [*(flag.start() for flag in flags[1:]), len(way)]
    for flag, end in zip(flags, ends, strict=False):
        before, words = way[: flag.start()], way[flag.end() : end].strip()
        if flag.group() == _ALLOW:
            code = words.partition(" ")[0].strip(".,;)")
            asked = replace(asked, allow=tuple(dict.fromkeys((*asked.allow, code))))
            continue
        asked = _with_option(asked, flag.group(), words, leave_out=bool(_WITHOUT.search(before)))
    return asked


def _with_option(asked: Request, flag: str, words: str, *, leave_out: bool) -> Request:
    name = flag.removeprefix("--").replace("-", "_")
    if name not in OPTIONS:
        return asked
    knob = _known().get(name) or Knob(
        name=name, home="pinned", group="", kind="text", help=OPTIONS[name].help
    )
    if leave_out:
        return with_value(asked, knob, None)
    if OPTIONS[name].kind in {"switch", "on"}:
        return with_value(asked, knob, True)  # noqa: FBT003 - the value of a field
    values = [value for value in (_read(name, each) for each in _OR.split(words)) if value]
    return with_value(asked, knob, _next_below(values, value_of(asked, knob))) if values else asked


def _next_below(values: list[Any], now: Any) -> Any:  # noqa: ANN401 - typed by their option
    """Of several numbers the largest that asks for no more than now does; else the first."""
    numbers = isinstance(now, int | float) and all(isinstance(v, int | float) for v in values)
    below = [value for value in values if value <= now] if numbers else []
    return max(below, default=values[0])


def _read(name: str, words: str) -> Any:  # noqa: ANN401 - typed by its option
    """A value at the beginning of what follows an option; None where none stands there."""
    word = words.partition(" ")[0].strip(".,;:()")
    try:
        return OPTIONS[name].read(word) if word else None
    except (ValueError, PlannerError):
        return None


@cache
def _known() -> Mapping[str, Knob]:
    return {knob.name: find_knob(knob.name) for knob in knobs() if knob.home == "pinned"}
