"""All spellings that ``vllm serve`` of a release takes, and what follows each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from planner.frozen import frozen
from planner.vllm.arguments import OPTIONS
from planner.vllm.option import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FOLDER = Path(__file__).parent / "options"
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


def spellings(entries: Iterable[Spelling]) -> dict[str, Spelling]:
    """Add the inverses of switches: ``--no-x``, and ``--disable-x`` for ``--enable-x``.

    Source: vllm.utils.argparse_utils.EnableDisableAction (0.33.0)
    """
    table: dict[str, Spelling] = {}
    for entry in entries:
        table[entry.flag] = entry
        if entry.kind == "switch" and entry.flag.startswith("--"):
            body = entry.flag.removeprefix("--")
            for inverse in (f"--no-{body}", *_opposite(entry.flag)):
                off = Spelling(flag=inverse, kind="switch", name=entry.name, on=False)
                table.setdefault(inverse, off)
    return table


def _opposite(flag: str) -> list[str]:
    return [new + flag.removeprefix(old) for old, new in _INVERSE.items() if flag.startswith(old)]


@cache
def named() -> Mapping[str, Spelling]:
    """The spellings of the options that bear on memory, speed and validity."""
    table = spellings(
        Spelling(flag=option.flag, kind=option.kind, name=name) for name, option in OPTIONS.items()
    )
    for name, option in OPTIONS.items():
        for alias in option.flags[1:]:
            table[alias] = Spelling(flag=option.flag, kind=option.kind, name=name)
    return table


@cache
def _document(version: str | None) -> Mapping[str, Any]:
    """What is recorded of a release; the newest one's where it has no file of its own."""
    # 3 ms, and only an option that the planner has no use for needs the whole list
    import tomllib

    path = _FOLDER / f"{'.'.join((version or '').split('.')[:2])}.toml"
    if not path.is_file():
        path = max(_FOLDER.glob("*.toml"), key=lambda p: tuple(map(int, p.stem.split("."))))
    return tomllib.loads(path.read_text(encoding="utf-8"))


def keywords(version: str | None = None) -> dict[str, bool]:
    """The options that ``vllm.LLM`` takes as keywords, and whether as text."""
    document = _document(version)
    return dict.fromkeys(document["offline"], False) | dict.fromkeys(document["offline_text"], True)


@cache
def known(version: str | None = None) -> Mapping[str, Spelling]:
    """Every spelling of a release, ``0.33`` or like it; the newest release known by default.

    A release without a file of its own answers with the newest one's.
    """
    kinds = _document(version)
    return spellings(
        Spelling(flag=flag, kind=kind) for kind in get_args(Kind) for flag in kinds[kind]
    ) | dict(named())
