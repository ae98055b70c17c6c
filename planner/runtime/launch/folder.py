"""Put a launcher's files into a folder: all of them or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.launch.base import LaunchFile


def write_files(files: Sequence[LaunchFile], output: Path, *, force: bool) -> list[Path]:
    """Write them below ``output``; a single file may be named itself, with the same suffix.

    They are written aside first and moved when all are whole.

    Raises:
        UsageError: one is there already, and ``force`` is not asked for.
        InvalidInputError: the folder cannot be written.
    """
    targets = _targets(files, output)
    there = [path for path in targets if path.exists() or path.is_symlink()]
    if there and not force:
        raise UsageError(
            f"{there[0]} exists",
            cause=f"{len(there)} of {len(targets)} files would be written over",
            fix="--force writes over them, -o names another folder",
        )
    folder = output if output.is_dir() else output.parent
    try:
        aside = Path(tempfile.mkdtemp(dir=folder, prefix=".planner-"))
        try:
            whole = [_write(file, aside / str(place)) for place, file in enumerate(files)]
            for path, target in zip(whole, targets, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
        finally:
            with suppress(OSError):
                shutil.rmtree(aside)
    except OSError as error:
        raise InvalidInputError(
            f"{output} cannot be written: {(error.strerror or str(error)).lower()}",
            fix="-o a path in a folder that exists and can be written",
        ) from None
    return targets


def _targets(files: Sequence[LaunchFile], output: Path) -> list[Path]:
    suffix = PurePosixPath(files[0].path).suffix
    if len(files) == 1 and output.suffix == suffix and not output.is_dir():
        return [output]
    return [output / file.path for file in files]


def _write(file: LaunchFile, path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(file.text)
        out.flush()
        os.fsync(out.fileno())
    path.chmod(file.mode)
    return path
