"""Opening files of unknown origin: a regular file or an error, never a pipe that is waited for."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from planner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def open_regular(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file, open for reading bytes, and its size in bytes.

    Raises:
        InvalidInputError: missing, not readable, a loop of links, a folder, a pipe, a device; or
            reading from it fails.
    """
    try:
        # without O_NONBLOCK the mere opening of a named pipe waits for its writer
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InvalidInputError(f"{path} is not a regular file")
            yield file, status.st_size
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}", cause=str(error.strerror)) from error
    except ValueError as error:
        raise InvalidInputError(f"cannot read {str(path)!r}", cause=str(error)) from error


def read_regular(path: Path, limit_bytes: int) -> bytes:
    """All bytes of a regular file of at most ``limit_bytes``; a larger one is not read.

    Raises:
        InvalidInputError: as ``open_regular``, or the file is larger.
    """
    with open_regular(path) as (file, size_bytes):
        # a file may grow between the two
        content = b"" if size_bytes > limit_bytes else file.read(limit_bytes + 1)
        if max(size_bytes, len(content)) > limit_bytes:
            raise InvalidInputError(
                f"{path} has {max(size_bytes, len(content)):,} bytes, more than {limit_bytes:,}",
                cause="it was not read: no file of its kind is that large",
            )
        return content
