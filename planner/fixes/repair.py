"""A finding's fix as edits of its file, where it is one that can be made there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.fixes.carriers.base import CannotEditError
from planner.fixes.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.finding import Finding, Repair
    from planner.fixes.text import Change
    from planner.targets.target import Target


def with_edits(found: Finding, target: Target, version: str | None) -> Finding:
    """The finding, its repair with the edits of the target's file.

    Without edits where nobody can tell them: words that a variable holds, a form of the file that
    the editors do not know.
    """
    if found.repair is None or not target.text:
        return found
    try:
        changes = dict.fromkeys(_changes(found.repair, target, version))
    except CannotEditError:
        return found
    lines = Lines(target.text)
    edits = tuple(map(lines.edit, changes))
    return replace(found, repair=replace(found.repair, edits=edits))


def _changes(repair: Repair, target: Target, version: str | None) -> Iterable[Change]:
    # ruamel.yaml, and only what repairs a file needs it
    from planner.fixes import surroundings
    from planner.fixes.file import File

    file = File.of(target)
    if repair.options:
        yield from file.option_changes(repair.options, version)
    if repair.shared_memory:
        yield from surroundings.shared_memory(file, target, repair.shared_memory)
    if repair.start_s:
        yield from surroundings.startup_probe(file, target, repair.start_s)
