"""Where a policy is written: ``planner.toml``, or ``[tool.planner]`` of ``pyproject.toml``."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner import plugins
from planner.errors import InvalidInputError, UnknownNameError, nearest
from planner.hardware.catalog import read_toml
from planner.hardware.record import read_record
from planner.policy.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

_OWN = "planner.toml"
_PROJECT = "pyproject.toml"
_RULES = "planner.rules"


def find_policy(first: str | None = None) -> Policy:
    """The policy nearest upwards from a target, or from the working directory.

    A folder's ``planner.toml`` goes before its ``pyproject.toml``, which counts only where it has
    a ``[tool.planner]``. What lies further up adds nothing.

    Raises:
        PlannerError: a file that is no policy.
    """
    start = _start(first)
    for folder in (start, *start.parents):
        if (folder / _OWN).is_file():
            return read_policy(folder / _OWN)
        project = folder / _PROJECT
        if project.is_file() and _table(read_toml(project)) is not None:
            return read_policy(project)
    return Policy()


def _start(first: str | None) -> Path:
    """The folder to begin in: of a pattern, that which is above all its matches."""
    path = Path(first or ".").absolute()
    while not os.path.isdir(path):  # noqa: PTH112 - Path's own raises for a name that is too long
        path = path.parent
    return path


def read_policy(path: Path) -> Policy:
    """The policy of one file.

    Raises:
        PlannerError: unreadable, a key that no policy has, or a rule that nobody knows.
    """
    document = read_toml(path)
    own: Any = _table(document) if path.name == _PROJECT else document
    where = str(path) if path.name != _PROJECT else f"{path} [tool.planner]"
    if not isinstance(own, dict):
        raise InvalidInputError(f"{where} is missing", fix="add the table, or name another file")
    if isinstance(own.get("gpus"), str):
        own = own | {"gpus": [own["gpus"]]}
    policy = replace(read_record(Policy, own, where), folder=str(path.absolute().parent))
    check_codes((*policy.select, *policy.ignore), where)
    for pattern, per_file in policy.per_file.items():
        here = f'{where}: per-file."{pattern}"'
        check_codes(per_file.ignore, here)
        check_codes(per_file.severity, here, whole=True)
    return policy


def _table(document: dict[str, Any]) -> Any:  # noqa: ANN401 - a parsed file holds anything
    tool = document.get("tool")
    return tool.get("planner") if isinstance(tool, dict) else None


def check_codes(codes: Iterable[str], where: str, *, whole: bool = False) -> None:
    """See that each is the code of a rule, or how codes begin unless ``whole``.

    Raises:
        UnknownNameError: no rule's code begins so.
    """
    for code in codes:
        known = rule_codes()
        begun = bool(code) and any(each.startswith(code.upper()) for each in known)
        if not (code in known if whole else begun):
            like = nearest(code, known if whole else {*known, *(each[:3] for each in known)})
            verb = "is" if whole else "begins with"
            raise UnknownNameError(
                f"{where}: no rule's code {verb} {code or 'nothing'}",
                fix=f"nearest: {', '.join(like)}" if like else "planner explain",
            )


def rule_codes() -> list[str]:
    """The codes of all rules, by their file names: none is imported."""
    return [name.partition("_")[0].upper() for name in plugins.names(_RULES)]
