"""Run a generator and fail when it changed a file: what it writes was out of date.

Unlike a look at git's difference this also works with edits that are not committed yet.

Usage: ``python scripts/unchanged.py PATH… -- COMMAND…``.
"""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path


def digests(paths: list[str]) -> dict[str, str]:
    """The digest of every file at or under the paths."""
    files = [
        file
        for path in map(Path, paths)
        for file in ([path] if path.is_file() else path.rglob("*"))
        if file.is_file()
    ]
    return {file.as_posix(): sha256(file.read_bytes()).hexdigest() for file in files}


def main(arguments: list[str]) -> int:
    """Compare before and after; 1 when they differ, else what the generator returned."""
    end = arguments.index("--")
    paths, command = arguments[:end], arguments[end + 1 :]
    before = digests(paths)
    returned = subprocess.run(command, check=False).returncode
    if returned:
        return returned
    after = digests(paths)
    changed = sorted(f for f in before.keys() | after.keys() if before.get(f) != after.get(f))
    for file in changed:
        print(f"{file} was out of date and is written anew: look at it and commit it")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
