"""All spellings that ``vllm serve`` of a release takes, and what follows each."""

from __future__ import annotations

from dataclasses import field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from planner.frozen import frozen
from planner.vllm.arguments import OPTIONS
from planner.vllm.option import Kind
from planner.vllm.spans import (
    LAST_PATCH,
    ReleaseNumber,
    Spans,
    judged_by,
    release_name,
    release_number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPTIONS = Path(__file__).parent / "options.toml"
_CHANGES = Path(__file__).parent / "renamed_options.toml"
_KINDS = get_args(Kind)
#: of options that vllm.LLM takes as keywords, and of those that it takes as text
_KEYWORD, _TEXT = "keyword", "text-keyword"
_INVERSE = {"--enable-": "--disable-", "--disable-": "--enable-"}


@frozen
class Spelling:
    """What one typed flag stands for."""

    flag: str
    """The long spelling, as commands are written."""
    kind: Kind
    name: str | None = None
    """The field of ``VllmArguments``, or None for an option that is only passed on."""
    on: bool = True
    """False for the inverse of a switch."""


def spellings(entries: Mapping[str, Spelling]) -> dict[str, Spelling]:
    """Add the inverses of switches: ``--no-x``, and ``--disable-x`` for ``--enable-x``.

    Source: vllm.utils.argparse_utils.EnableDisableAction (0.33.0)
    """
    table = dict(entries)
    for typed, entry in entries.items():
        if entry.kind == "switch" and typed.startswith("--"):
            body = typed.removeprefix("--")
            for inverse in (f"--no-{body}", *_opposite(typed)):
                off = Spelling(flag=inverse, kind="switch", name=entry.name, on=False)
                table.setdefault(inverse, off)
    return table


def _opposite(flag: str) -> list[str]:
    return [new + flag.removeprefix(old) for old, new in _INVERSE.items() if flag.startswith(old)]


@cache
def named() -> Mapping[str, Spelling]:
    """The spellings of the options that bear on memory, speed and validity."""
    return spellings(
        {
            typed: Spelling(flag=option.flag, kind=option.kind, name=name)
            for name, option in OPTIONS.items()
            for typed in option.flags
        }
    )


@frozen
class OptionTable:
    """The options of all releases that were read: (spelling, kind) -> the releases."""

    read: tuple[ReleaseNumber, ...] = ()
    rows: Mapping[tuple[str, str], Spans] = field(default_factory=dict)


def read_table(text: str) -> OptionTable:
    """The table from its file's text."""
    import tomllib  # a help page needs no table

    data = tomllib.loads(text)
    lines = (line.split() for line in data.get("options", "").splitlines())
    return OptionTable(
        read=tuple(map(release_number, data.get("read", "").split())),
        rows={(flag, kind): Spans.of(spans) for flag, kind, spans in lines},
    )


@cache
def option_table() -> OptionTable:
    """The options of all releases, read from vLLM's parsers (0.6.0 to 0.33.0)."""
    return read_table(_OPTIONS.read_text(encoding="utf-8"))


def _newest() -> ReleaseNumber:
    from planner.vllm.version import newest  # a help page needs no release

    return release_number(newest(), LAST_PATCH)


def _release(version: str | None) -> ReleaseNumber:
    from planner.vllm.version import installed  # as above

    try:
        return release_number(version or installed() or "", LAST_PATCH)
    except ValueError:
        return _newest()


def keywords(version: str | None = None) -> dict[str, bool]:
    """The options that ``vllm.LLM`` takes as keywords, and whether as text."""
    judged = judged_by(_release(version), option_table().read)
    rows = option_table().rows.items()
    return {
        flag: kind == _TEXT
        for (flag, kind), releases in rows
        if kind in {_KEYWORD, _TEXT} and releases.holds(judged)
    }


@cache
def known(version: str | None = None) -> Mapping[str, Spelling]:
    """Every spelling of a release, ``0.33`` or like it; of the one planned for by default.

    An option that was renamed since is read as what it became, where both mean the same.
    """
    judged = judged_by(_release(version), option_table().read)
    held = {
        flag: cast("Kind", kind)
        for (flag, kind), releases in option_table().rows.items()
        if kind in _KINDS and releases.holds(judged)
    }
    table = {flag: _spelling(flag, kind, held) for flag, kind in held.items()}
    aliases = {typed: spelling for typed, spelling in named().items() if spelling.on}
    # -O is no option of the parser but read before it
    return spellings({t: s for t, s in aliases.items() if s.flag in held} | table)


@cache
def ever_known() -> frozenset[str]:
    """The spellings of all releases."""
    rows = option_table().rows
    return frozenset(known(None)) | {flag for flag, kind in rows if kind in _KINDS}


def _spelling(flag: str, kind: Kind, held: Mapping[str, Kind]) -> Spelling:
    """What a release's own flag stands for; a short one for its long one, if that is there."""
    ours = named().get(flag)
    if ours is not None and ours.flag in held:
        return Spelling(flag=ours.flag, kind=kind, name=ours.name)
    change = changes().get(flag)
    became = named().get(change.reads_as) if change else None
    return Spelling(flag=flag, kind=kind, name=became.name if became else None)


@frozen
class Change:
    """What became of an option that is gone."""

    use: str = ""
    """What to type instead; empty where nothing took its place."""
    reads_as: str = ""
    """The option that takes the same values with the same meaning."""
    why: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """The words of ``use`` by the value that was given, where they are not its own again."""
    look: bool = False
    """The value means something else there: somebody must look at it."""


@cache
def changes() -> Mapping[str, Change]:
    """What became of options that are gone, by flag."""
    import tomllib  # as above

    data = tomllib.loads(_CHANGES.read_text(encoding="utf-8"))
    return {flag: Change(**entry) for flag, entry in data.items()}


def takes(version: str | None, flag: str) -> bool:
    """Whether a release has an option; ``--name.key value`` gives a key of one.

    The newest has all that the planner has a use for: the list is not read for them.
    """
    if flag in named() and _release(version)[:2] >= _newest()[:2]:
        return True
    return flag.split(maxsplit=1)[0].partition(".")[0] in known(version)


def first_with(flag: str, version: str | None) -> str | None:
    """The first release after one that has an option; None where none has."""
    firsts = [spans.next_after(_release(version)) for spans in _spans(flag)]
    return release_name(min(found)) if (found := [f for f in firsts if f]) else None


def last_with(flag: str, version: str | None) -> str | None:
    """The last release before one that had an option; None where none had."""
    lasts = [spans.last_before(_release(version)) for spans in _spans(flag)]
    return release_name(max(found)) if (found := [f for f in lasts if f]) else None


def _spans(flag: str) -> list[Spans]:
    rows = option_table().rows.items()
    return [spans for (name, kind), spans in rows if name == flag and kind in _KINDS]
