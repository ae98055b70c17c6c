"""The results file: JSON lines, each a fact, appended and synced one by one.

Several processes append to one file: the planner, and each engine that it measures. A fact is on
the disk before the next is measured, so whatever is killed, what was measured stays. A line that
was cut by a crash is passed over when the file is read.

Used by the measured engine too, whose Python may lack the planner's dependencies: the standard
library only.
"""

from __future__ import annotations

import fcntl
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "planner-measure/1"


def append(path: str | Path, fact: Mapping[str, Any]) -> None:
    """Add one fact as a line of its own, and wait until it is on the disk."""
    stamped = {"schema": SCHEMA, **fact, "time": _now()}
    line = json.dumps(stamped, separators=(",", ":"), default=str).encode() + b"\n"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = os.fstat(file).st_size
        if end and os.pread(file, 1, end - 1) != b"\n":
            # the last writer was cut off: what it left must not swallow this line
            line = b"\n" + line
        while line:
            line = line[os.write(file, line) :]
        os.fsync(file)
    finally:
        os.close(file)


def read(path: str | Path) -> Iterator[dict[str, Any] | None]:
    """The facts of a file in their order; None for a line that is none."""
    with Path(path).open("rb") as file:
        for line in file:
            if line.strip():
                yield _fact(line)


def _fact(line: bytes) -> dict[str, Any] | None:
    try:
        fact = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return fact if isinstance(fact, dict) and fact.get("schema") == SCHEMA else None


def _now() -> str:
    # UP017: datetime.UTC came with Python 3.11, and the engine's may be older
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")  # noqa: UP017
