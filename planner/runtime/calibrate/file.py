"""The calibration file: plain TOML that people can read, shorten or remove."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from planner.calibration import (
    FAR_WIDTHS,
    SEVERAL,
    Calibration,
    Observation,
    bears_on,
    calibration_path,
    combined,
    counted,
    observations,
)
from planner.constants import Constant
from planner.constants import term as shipped_term
from planner.errors import InvalidInputError
from planner.vllm.version import newest, oldest, version_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HEAD = """\
# What `planner calibrate` learnt from vLLM's start-up logs on this machine. Every answer uses it
# and names it; --no-calibration leaves it out. Remove a block, or one of its starts, to forget it;
# remove the file to forget all. low, mid and high follow from `observed` and from what the planner
# itself ships: they are worked out anew at each reading.
"""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """No other process rewrites the file meanwhile.

    Raises:
        InvalidInputError: its folder cannot be made or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def place(environ: Mapping[str, str]) -> Path:
    """Where the file goes.

    Raises:
        InvalidInputError: there is no home to keep it in.
    """
    path = calibration_path(environ)
    if path is None:
        raise InvalidInputError(
            "there is no place to keep what was learnt",
            cause="neither XDG_CONFIG_HOME nor HOME names a folder",
            fix="set XDG_CONFIG_HOME, or compare only: --dry-run",
        )
    return path


def read(path: Path) -> Calibration:
    """What the file holds; nothing where there is none.

    Raises:
        InvalidInputError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Calibration(path=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} cannot be read: {error}", fix=f"rm {path}") from None
    return Calibration(path=str(path), observations=observations(text, path))


def merged(known: Sequence[Observation], new: Sequence[Observation]) -> tuple[Observation, ...]:
    """All observations; those of a log that was read before are replaced."""
    again = {each.log for each in new}
    return (*(each for each in known if each.log not in again), *new)


def write(path: Path, seen: Sequence[Observation]) -> None:
    """Put the file in place in one step; without observations there is none.

    Raises:
        InvalidInputError: it cannot be written.
    """
    try:
        if not seen:
            path.unlink(missing_ok=True)
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text(seen))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise _unwritable(path, error) from None


def text(seen: Sequence[Observation]) -> str:
    """The file's content: a block for each constant, with the starts that speak of it."""
    blocks: dict[tuple[str, ...], list[Observation]] = defaultdict(list)
    for each in seen:
        since, until = holds(each)
        blocks[each.term, each.name, each.family, each.runner, since, until].append(each)
    parts = [_block(key, found) for key, found in sorted(blocks.items())]
    return "\n".join([_HEAD, *parts])


def holds(each: Observation) -> tuple[str, str]:
    """The first and last release for which the shipped constant is the one that was observed."""
    shipped = _shipped(each, each.version)
    first, last = oldest(), version_number(newest())
    same = [
        minor
        for minor in range(first[1], last[1] + 1)
        if shipped is not None and _shipped(each, (each.version[0], minor)) == shipped
    ]
    if not same:
        return (f"{each.version[0]}.{each.version[1]}",) * 2
    return f"{each.version[0]}.{same[0]}", f"{each.version[0]}.{same[-1]}"


def learnt(seen: Sequence[Observation]) -> tuple[tuple[Observation, Constant, Constant, str], ...]:
    """Each constant that something was learnt of: an observation, before, after, and a remark."""
    found = []
    for key in dict.fromkeys((each.term, each.name, each.family, each.runner) for each in seen):
        mine = [e for e in seen if (e.term, e.name, e.family, e.runner) == key]
        shipped = _shipped(mine[-1], mine[-1].version)
        if shipped is not None:
            alike = [each for each in mine if bears_on(each, shipped, key[2], key[3])]
            after = combined(shipped, alike)
            found.append((mine[-1], shipped, after, _remark(shipped, alike)))
    return tuple(found)


def _remark(shipped: Constant, alike: Sequence[Observation]) -> str:
    setups = len({each.setup for each in alike})
    counts = len(counted(shipped, alike))
    remark = f"{counts} of {setups} setups count"
    if counts < setups:
        remark += (
            f"; the rest lie far outside {shipped.low:,.0f} to {shipped.high:,.0f}: they count "
            f"once {SEVERAL} setups say alike, within {FAR_WIDTHS:g} times its width"
        )
    return remark


def _shipped(each: Observation, version: tuple[int, int]) -> Constant | None:
    return shipped_term(each.term, version, each.family, each.runner).get(each.name)


def _block(key: tuple[str, ...], seen: Sequence[Observation]) -> str:
    term, name, family, runner, since, until = key
    shipped = _shipped(seen[-1], seen[-1].version)
    after = None if shipped is None else combined(shipped, seen)
    facts: dict[str, object] = {
        "term": term,
        "name": name,
        "platform": family,
        "runner": runner,
        "since": since,
        "until": until,
    }
    if after is not None and shipped is not None:
        ends = {"low": after.low, "mid": after.mid, "high": after.high}
        facts |= {**{end: round(value) for end, value in ends.items()}, "unit": after.unit}
        facts |= {"shipped": [shipped.low, shipped.mid, shipped.high], "date": after.date}
        facts["source"] = ", ".join(dict.fromkeys(each.log for each in seen))
    lines = ["[[constant]]", *(f"{name} = {_value(fact)}" for name, fact in facts.items())]
    lines += ["observed = [", *(f"  {_seen(each)}," for each in seen), "]", ""]
    return "\n".join(lines)


def _seen(each: Observation) -> str:
    facts = {
        "value": each.value,
        "vllm": f"{each.version[0]}.{each.version[1]}",
        "setup": each.setup,
        "log": each.log,
        "file": each.file,
        "date": each.date,
    }
    return "{ " + ", ".join(f"{name} = {_value(fact)}" for name, fact in facts.items()) + " }"


def _value(fact: object) -> str:
    """A value as TOML, which takes JSON's strings, numbers and lists."""
    if isinstance(fact, float) and fact.is_integer():
        return str(int(fact))
    text = json.dumps(fact, ensure_ascii=False).replace("\x7f", "\\u007f")
    # a file's name may hold bytes that are no text
    return text.encode("utf-8", "replace").decode("utf-8")


def _unwritable(path: Path, error: OSError) -> InvalidInputError:
    return InvalidInputError(
        f"{path} cannot be written: {(error.strerror or str(error)).lower()}",
        fix="--dry-run compares and keeps nothing; XDG_CONFIG_HOME names another folder",
    )
