"""What a shell offers after a Tab: by the kind of value that an option's help page names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from planner import plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Items = Iterable[CompletionItem[str]]

_COUNTED = re.compile(r"(?i)(?P<counts>(?:\d+x){0,2})(?P<name>[^@]*)(?P<at>@.*)?")
#: ends of names of values that are files
_FILES = ("FILE", "PLAN", "LOG", "TARGET", "OLD", "NEW")


class Completed(click.types.StringParamType):
    """A text whose kind is known, so that a shell can offer what it may be."""

    def __init__(self, offered: Callable[[str], Items]) -> None:
        self._offered = offered

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """What begins as typed."""
        del ctx, param
        return list(self._offered(incomplete))


def completed(param: click.Parameter) -> None:
    """Let a parameter of plain text offer the values that its metavar names."""
    if isinstance(param.type, click.types.StringParamType) and param.metavar:
        offered = _by_metavar(param.metavar.strip("[]. "))
        if offered:
            param.type = Completed(offered)


def _by_metavar(named: str) -> Callable[[str], Items] | None:
    kinds: dict[str, Callable[[str], Items]] = {
        "ID|DIR|FILE": _models,
        "MODEL": _models,
        "CLUSTER": _clusters,
        "HARDWARE": _boards,
        "VERSION": _versions,
        "FORMAT": _formats,
        "CODE": _rules,
        "CODE|TERM": _rules_and_terms,
    }
    if named in kinds:
        return kinds[named]
    return _files if named.split("]", maxsplit=1)[0].endswith(_FILES) or "FILE" in named else None


def _matching(values: Iterable[str | tuple[str, str]], typed: str) -> Iterator[CompletionItem[str]]:
    """Values that begin as typed, capitals or not; what was typed stays as it is."""
    for value in values:
        name, told = (value, None) if isinstance(value, str) else value
        if name.lower().startswith(typed.lower()):
            yield CompletionItem(typed + name[len(typed) :], help=told)


def _files(typed: str) -> Items:
    return [CompletionItem(typed, type="file")]


def _models(typed: str) -> Items:
    if typed.startswith((".", "/", "~")):
        return _files(typed)
    from planner.model.catalog import rows  # not for --help

    known = dict.fromkeys([*_in_hub_cache(), *(row.id for row in rows())])
    by_id = list(_matching(known, typed))
    # the owner is the part that nobody remembers
    beside = [m for m in known if m.partition("/")[2].lower().startswith(typed.lower())]
    return by_id or [CompletionItem(model) for model in beside]


def _in_hub_cache() -> Iterator[str]:
    """Models that huggingface_hub has on this machine, by the names of its folders."""
    home = os.environ.get("HF_HOME", str(Path("~/.cache/huggingface").expanduser()))
    folder = Path(os.environ.get("HF_HUB_CACHE", str(Path(home, "hub"))))
    for path in sorted(folder.glob("models--*--*")):
        yield path.name.removeprefix("models--").replace("--", "/", 1)


def _clusters(typed: str) -> Items:
    """What stands behind the counts: boards, node types, networks after ``@``; or a file."""
    from planner.hardware.catalog import Catalog

    index = Catalog.default().index
    match = _COUNTED.fullmatch(typed)
    if match is None or "/" in typed:
        return _files(typed)
    counts, name, at = match["counts"], match["name"], match["at"]
    if at is not None:
        begun = typed[: len(typed) - len(at) + 1]
        return _matching((begun + fabric for fabric in _ids(index.fabrics)), typed)
    names = [*_ids(index.accelerators), *_ids(index.nodes)]
    words = [*_matching((counts + each for each in names), typed)]
    return [*words, *_matching([] if counts or name not in "auto" else ["auto"], typed)]


def _boards(typed: str) -> Items:
    from planner.hardware.catalog import Catalog

    index = Catalog.default().index
    known = (*_ids(index.accelerators), *_ids(index.nodes), *_ids(index.fabrics))
    return _matching(known, typed)


def _ids(keys: dict[str, str]) -> list[str]:
    return sorted({identity.rpartition("/")[2] for identity in keys.values()})


def _versions(typed: str) -> Items:
    from planner.vllm import version

    folder = Path(version.__file__).parent / "versions"
    return _matching(sorted(path.stem for path in folder.glob("*.toml")), typed)


def _formats(typed: str) -> Items:
    from planner.report.base import formats

    return _matching(formats(own=True), typed)


def _rules(typed: str) -> Items:
    """Codes of rules with the first lines of their files; none is imported."""
    return _matching(((name[:6].upper(), told) for name, told in _rule_files()), typed)


def _rules_and_terms(typed: str) -> Items:
    named = (name[7:].replace("_", "-") for name, _ in _rule_files()) if typed else ()
    return [*_rules(typed), *_matching([*named, *_formulas()], typed)]


def _rule_files() -> Iterator[tuple[str, str]]:
    folder = Path(plugins.__file__).parent / "rules"
    for name in plugins.own_names("planner.rules"):
        with (folder / f"{name}.py").open(encoding="utf-8") as file:
            yield name, file.readline().strip().strip('"')


def _formulas() -> list[str]:
    """Modules of formulas, by their file names."""
    room = Path(plugins.__file__).parent
    files = (path for each in ("memory", "speed") for path in (room / each).rglob("*.py"))
    return sorted({path.stem for path in files if not path.stem.startswith("_")})
