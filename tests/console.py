"""Commands as documents show them: run in this process and compared with what stands there.

A ```` ```console ```` block holds ``$ command`` lines, each with its output below; a
```` ```pycon ```` block holds ``>>> statement`` lines. A line ``...`` stands for any number of
lines. Commands are those of a reader in the checkout: ``planner``, ``make run``,
``python examples/…`` and ``echo $?``.
"""

from __future__ import annotations

import codeop
import contextlib
import io
import re
import runpy
import shlex
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(console|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELISION = "..."
PROMPTS = {"console": "$ ", "pycon": ">>> "}
CONTINUED = "... "


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command with what is shown of its output."""

    typed: tuple[str, ...]
    """The lines as they stand, with their prompts."""
    shown: tuple[str, ...]


def steps(kind: str, block: str) -> list[Step]:
    """The commands of a block."""
    lines = block.splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith(PROMPTS[kind])]
    assert starts[:1] == [0], f"the block does not begin with {PROMPTS[kind]}: {lines[:1]}"
    found = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        first = start + 1
        while first < end and _goes_on(kind, lines[first - 1], lines[first]):
            first += 1
        found.append(Step(typed=tuple(lines[start:first]), shown=tuple(lines[first:end])))
    return found


def _goes_on(kind: str, before: str, line: str) -> bool:
    if kind == "console":
        return before.endswith("\\")
    # the bare dots that end a compound statement are no elision
    return line.startswith(CONTINUED) or (line == ELISION and before.startswith(CONTINUED))


@dataclass
class Session:
    """What one document's commands leave behind for the next."""

    exit_code: int = 0
    names: dict[str, Any] = field(default_factory=dict)

    def output(self, kind: str, step: Step) -> list[str]:
        """Both streams of a command, as a terminal shows them."""
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            if kind == "console":
                self._run("\n".join(step.typed).removeprefix("$ ").replace("\\\n", " "))
            else:
                self._evaluate("\n".join(line[4:] for line in step.typed))
        buffer = stream.detach()
        assert isinstance(buffer, io.BytesIO)
        return [line.rstrip() for line in buffer.getvalue().decode().splitlines()]

    def _run(self, command: str) -> None:
        match shlex.split(command):
            case ["echo", "$?"]:
                print(self.exit_code)  # noqa: T201 - this is what echo does
            case ["cat", path]:
                print(Path(path).read_text(encoding="utf-8"), end="")  # noqa: T201 - as cat does
            case ["planner" | "vllm-planner", *arguments]:
                self.exit_code = run(arguments)
            case ["make", "run", *assignments]:
                self.exit_code = run(main_job(assignments))
            case ["python", script]:
                runpy.run_path(script, run_name="__main__")
            case _:
                raise AssertionError(f"a document shows a command that no test can run: {command}")

    def _evaluate(self, source: str) -> None:
        code = codeop.compile_command(f"{source}\n", symbol="single")
        assert code is not None, f"unfinished: {source}"
        exec(code, self.names)  # noqa: S102 - our own documents


def main_job(assignments: list[str]) -> list[str]:
    """What ``make run`` hands to planner, by the Makefile's own defaults."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    values = dict(re.findall(r"^([A-Z]+) = (.*)$", makefile, re.MULTILINE))
    values |= dict(word.split("=", 1) for word in assignments)
    options = ["--model", values["MODEL"], "--gpus", values["GPUS"]]
    return ["recommend", *options, *shlex.split(values.get("ARGS", ""))]


def _segments(shown: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What stands between elisions; empty at an end that is elided."""
    part: list[str] = []
    for line in shown:
        if line == ELISION:
            yield tuple(part)
            part = []
        else:
            part.append(line.rstrip())
    yield tuple(part)


def matches(shown: tuple[str, ...], output: list[str]) -> bool:
    """Whether the output is what is shown, elided lines aside."""
    first, *between = _segments(shown)
    if not between:
        return list(first) == output
    *inner, last = between
    place = len(first)
    if list(first) != output[:place]:
        return False
    for part in inner:
        found = [n for n in _places(part, output, place) if output[n : n + len(part)] == [*part]]
        if not found:
            return False
        place = found[0] + len(part)
    end = len(output) - len(last)
    return end >= place and output[end:] == [*last]


def _places(part: tuple[str, ...], output: list[str], place: int) -> range:
    return range(place, max(len(output) - len(part), place) + 1)


def renewed(shown: tuple[str, ...], output: list[str]) -> list[str]:
    """The same excerpt of another output: the lines most like those that stood there."""
    if ELISION not in shown:
        return output
    lines: list[str] = []
    place = 0
    parts = list(_segments(shown))
    for number, part in enumerate(parts):
        window = _places(part, output, place)
        if number in {0, len(parts) - 1}:
            window = window[:1] if number == 0 else window[-1:]
        start = max(window, key=lambda n: _likeness(part, output[n : n + len(part)]))
        lines += ([ELISION] if number else []) + output[start : start + len(part)]
        place = start + len(part)
    return lines


def _likeness(part: tuple[str, ...], found: list[str]) -> float:
    pairs = zip(part, found, strict=False)
    return sum(SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in pairs)
