"""Findings mended one after the other, each judged again: a fix that makes an error is none."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections import Counter
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, PlannerError
from planner.finding import Finding, Severity
from planner.fixes.carriers.base import CannotEditError
from planner.fixes.text import applied
from planner.frozen import frozen
from planner.targets.files import text_of
from planner.targets.reading import Reading, reread
from planner.targets.target import COMMAND_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from planner.plan import Answer

    Judge = Callable[[Reading], Answer]

#: of one file; far above what anybody mends at once
_MOST_FIXES = 200


@frozen
class MendedFile:
    """A file before and after its fixes, as far as they were made."""

    name: str
    before: str
    after: str

    def diff(self) -> str:
        """The change as ``diff -u`` writes it, and ``git apply`` takes it."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.name}",
            f"b/{self.name}",
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )


@frozen
class Mended:
    """What fixes make of a run.

    Attributes:
        reading: the deployments as they are then; files: those that change.
        fixed: the findings that are gone; refused: sentences on fixes that were not made.
    """

    reading: Reading
    files: tuple[MendedFile, ...] = ()
    fixed: tuple[Finding, ...] = ()
    refused: tuple[str, ...] = field(default_factory=tuple)


def mend(reading: Reading, answer: Answer, judge: Judge, *, unsafe: bool = False) -> Mended:
    """Make the fixes that findings carry, in memory.

    After each fix its file is read and judged anew. One that leaves its finding there, or brings
    an error that was not there, is not made.

    Args:
        reading: what was judged, and ``answer`` what of it the project wants to hear.
        answer: as judged.
        judge: judges a reading again by the same policy.
        unsafe: also those among several answers, or that change what is served.
    """
    names = dict.fromkeys(
        each.location.file for each in fixable(answer, unsafe=unsafe) if each.location
    )
    mended = [_file(reading, name, judge, unsafe=unsafe) for name in names]
    changed = {each.file.name: each for each in mended if each.file.before != each.file.after}
    return Mended(
        reading=_with(reading, {name: each.reading for name, each in changed.items()}),
        files=tuple(each.file for each in changed.values()),
        fixed=tuple(found for each in mended for found in each.fixed),
        refused=tuple(dict.fromkeys(why for each in mended for why in each.refused)),
    )


def fixable(answer: Answer, *, unsafe: bool = False) -> list[Finding]:
    """The findings whose fix can be made in their files."""
    return [
        each
        for each in _all(answer)
        if each.repair and each.repair.edits and (each.repair.safe or unsafe)
    ]


@frozen
class _File:
    file: MendedFile
    reading: Reading
    fixed: tuple[Finding, ...]
    refused: tuple[str, ...]


def _file(reading: Reading, name: str, judge: Judge, *, unsafe: bool) -> _File:
    before = text = _text(reading, name)
    now = reread(reading, name, text)
    answer = judge(now)
    fixed: list[Finding] = []
    refused: dict[_Key, str] = {}
    for _ in range(_MOST_FIXES):
        left = [f for f in fixable(answer, unsafe=unsafe) if _key(f) not in refused]
        if not left:
            break
        found = left[0]
        after = applied(text, found.repair.edits) if found.repair else text
        try:
            then = reread(reading, name, after)
            again = judge(then)
        except PlannerError as error:
            refused[_key(found)] = f"{found.code} in {name} was not fixed: {error.message}"
            continue
        if why := _worse(answer, again, found):
            refused[_key(found)] = f"{found.code} in {name} was not fixed: {why}"
        else:
            text, now, answer = after, then, again
            fixed.append(found)
    told = list(refused.values())
    if fixed:
        text, now = _with_figures(now, name, text, answer, told)
    file = MendedFile(name=name, before=before, after=text)
    return _File(file=file, reading=now, fixed=tuple(fixed), refused=tuple(told))


def _with_figures(
    reading: Reading, name: str, text: str, judged: Answer, refused: list[str]
) -> tuple[str, Reading]:
    """A mended file, and what it says; a plan with the figures of what it then is."""
    from planner.fixes.plan_figures import with_figures  # ruamel.yaml: not for all that judge

    try:
        after = with_figures(name, text, judged)
        return after, reading if after == text else reread(reading, name, after)
    except (CannotEditError, PlannerError) as error:
        refused.append(f"the figures of {name} are those before its fixes: {error}")
        return text, reading


def _text(reading: Reading, name: str) -> str:
    if name == COMMAND_LINE:
        return next(target.text for target in reading.targets if target.name == name)
    return text_of(name)


#: what a finding is, wherever lines have moved to
_Key = tuple[str, str, str]


def _key(found: Finding) -> _Key:
    part = found.location.part if found.location else None
    return found.code, part or "", found.message


def _worse(before: Answer, after: Answer, found: Finding) -> str:
    """Why a fix is none: its finding is still there, or an error is that was not."""
    was, now = (Counter(map(_key, _all(answer))) for answer in (before, after))
    if now[_key(found)] >= was[_key(found)]:
        return "the finding would stay"
    old, new = (Counter(map(_code, _errors(answer))) for answer in (before, after))
    if more := new - old:
        return f"it would lead to {', '.join(sorted({code for code, _ in more}))}"
    return ""


def _code(found: Finding) -> tuple[str, str]:
    part = found.location.part if found.location else None
    return found.code, part or ""


def _errors(answer: Answer) -> Iterator[Finding]:
    return (each for each in _all(answer) if each.severity is Severity.ERROR)


def _all(answer: Answer) -> Iterator[Finding]:
    yield from answer.findings
    for layout in answer.layouts:
        yield from layout.findings


def _with(reading: Reading, changed: dict[str, Reading]) -> Reading:
    """The run with some of its files read anew."""
    names = dict.fromkeys(target.name for target in reading.targets)
    targets = (
        changed[name].targets
        if name in changed
        else tuple(target for target in reading.targets if target.name == name)
        for name in names
    )
    kept = (each for each in reading.suppressions if each.file not in changed)
    new = (each for other in changed.values() for each in other.suppressions)
    return replace(
        reading,
        targets=tuple(target for own in targets for target in own),
        suppressions=(*kept, *new),
    )


def write(files: Iterable[MendedFile]) -> None:
    """Put the files in the place of the old ones, each as a whole or not at all.

    What was typed is in no file.

    Raises:
        InvalidInputError: a file cannot be written, or is no longer what was judged.
    """
    for file in files:
        if file.name == COMMAND_LINE:
            continue
        if text_of(file.name) != file.before:
            raise InvalidInputError(
                f"{file.name} was changed while it was judged", fix="validate it again"
            )
        _replace(Path(file.name).resolve(), file.after)


def _replace(path: Path, text: str) -> None:
    """Write beside the file, then rename; its mode stays."""
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(text.encode("utf-8"))
            Path(beside).chmod(path.stat().st_mode & 0o7777)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be written: {error.strerror}", fix="--diff shows the change"
        ) from None
