"""What a project asks of ``validate``, and where it says so."""

from __future__ import annotations

import os
from dataclasses import field
from datetime import date as day  # noqa: TC003 - read_record resolves the annotations
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from planner.finding import Severity
from planner.frozen import frozen
from planner.request import Storage  # noqa: TC001 - read_record resolves the annotations

#: what a run says of the files and deployments that it could not judge
NOT_JUDGED = ("RUN033", "RUN034")

Fail = Literal["error", "warning", "advice"]


@frozen
class PerFile:
    """What differs for the files of one pattern."""

    ignore: tuple[str, ...] = ()
    """Codes or their beginnings."""
    severity: dict[str, Fail] = field(default_factory=dict)
    """How bad the findings of a rule are here."""


@frozen
class Tui:
    """How the terminal application looks and which keys it takes."""

    keymap: dict[str, str] = field(default_factory=dict)
    """Keys, with commas between several, by the name of what they do."""
    theme: Literal["dark", "light"] | None = None
    """The colours it begins with."""


@frozen
class Prices:
    """What a project pays for its GPUs."""

    per_gpu_hour: dict[str, float] = field(default_factory=dict, metadata={"key": "per-gpu-hour"})
    """Of a GPU and hour, by board or node type; ``default`` is for those not named."""
    currency: str = "USD"
    """In which they are."""
    usd: float = 1.0
    """US dollars that one unit of the currency is worth."""
    date: day | None = None
    """Of which day they are; answers repeat it."""


@frozen
class Policy:
    """The keys of ``planner.toml``, or of ``[tool.planner]`` in ``pyproject.toml``."""

    gpus: tuple[str, ...] = ()
    """The cluster of what names none, as ``--gpus`` takes it."""
    vllm_version: str | None = field(default=None, metadata={"key": "vllm-version"})
    """The release of what names none."""
    storage: Storage | None = None
    """Where checkpoints lie."""
    select: tuple[str, ...] = ()
    """Codes or their beginnings that count; none means all."""
    ignore: tuple[str, ...] = ()
    """Codes or their beginnings that do not."""
    fail_on: Fail | None = field(default=None, metadata={"key": "fail-on"})
    """Exit 1 from this severity on."""
    allow: tuple[str, ...] = ()
    """This planner's own rules that may be broken."""
    per_file: dict[str, PerFile] = field(default_factory=dict, metadata={"key": "per-file"})
    """What differs, by a pattern of paths below the file's folder."""
    prices: Prices = field(default_factory=Prices)
    """What GPUs cost, before the planner's own lists."""
    tui: Tui = field(default_factory=Tui)
    """The terminal application's own."""
    strict: bool = field(default=False, metadata={"in_file": False})
    """Comments without effect are findings."""
    folder: str = field(default="", metadata={"in_file": False})
    """Of the file, for its patterns; empty where there is none."""

    def wanted(self, code: str, file: str) -> bool:
        """Whether findings of a rule count in a file.

        That a file was not judged is no rule among others: only its own code hides it.
        """
        ignored = [*self.ignore, *(c for own in self._of(file) for c in own.ignore)]
        if code in NOT_JUDGED:
            return code not in _upper(ignored)
        selected = not self.select or code.startswith(_upper(self.select))
        return selected and not code.startswith(_upper(ignored))

    def severity(self, code: str, file: str) -> Severity | None:
        """What the file says of a rule's findings in a file; the last pattern that speaks wins."""
        said = [own.severity[code] for own in self._of(file) if code in own.severity]
        return Severity(said[-1]) if said else None

    def _of(self, file: str) -> list[PerFile]:
        if not self.per_file:
            return []
        path = os.path.relpath(Path(file).absolute(), self.folder or ".").replace(os.sep, "/")
        names = (path, path.rpartition("/")[2])
        return [
            own
            for pattern, own in self.per_file.items()
            if any(fnmatchcase(name, pattern) for name in names)
        ]


def _upper(codes: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(code.upper() for code in codes)
