"""Write the locks with versions and hashes, or check that they are fit to install from.

``requirements.lock`` is what ``make run`` installs: the dependencies and the build backend.
``requirements-dev.lock`` is all that ``make test`` needs, with the same versions of the former.
Both hold for every platform and Python the project supports, and name no index and no path.

Usage: ``python scripts/lock.py [--upgrade | --check]``; writing needs the package index.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: the resolver that writes the locks; not needed to install from them
RESOLVER = "uv==0.13.9"
OLDEST_PYTHON = "3.11"
#: what each lock holds beside the dependencies of the project
LOCKS = {
    "requirements.lock": ["--group", "build"],
    "requirements-dev.lock": ["--group", "dev", "--constraint", "requirements.lock"],
}
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)")
#: what would tie a lock to one machine or one index
TIED = re.compile(r"://|\s/|\s-(?!-hash=sha256:)")


def write(*, upgrade: bool) -> None:
    """Resolve every lock anew; without ``upgrade`` versions move only where they must."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        tools = Path(folder, "bin")
        subprocess.run([str(tools / "pip"), "install", "--quiet", RESOLVER], check=True)
        command = [str(tools / "uv"), "pip", "compile", "pyproject.toml", "--quiet", "--no-config"]
        command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"]
        command += ["--custom-compile-command", "make lock", *(["--upgrade"] if upgrade else [])]
        for name, options in LOCKS.items():
            subprocess.run([*command, *options, "--output-file", name], cwd=ROOT, check=True)


def pins(lock: str) -> dict[str, set[str]]:
    """The versions a lock allows, by distribution; several where Python versions differ."""
    found: dict[str, set[str]] = {}
    for entry in _entries(lock):
        if match := PIN.match(entry):
            found.setdefault(match["name"], set()).add(match["version"])
    return found


def faults(name: str, lock: str, dependencies: list[str]) -> list[str]:
    """What keeps a lock from being installed anywhere with ``--require-hashes``."""
    found = []
    for entry in _entries(lock):
        if not PIN.match(entry) or TIED.search(entry):
            found.append(f"{name}: not a plain pin: {entry.splitlines()[0]}")
        if "--hash=sha256:" not in entry:
            found.append(f"{name}: without a hash: {entry.splitlines()[0]}")
    missing = {_distribution(d) for d in dependencies} - set(pins(lock))
    return found + [f"{name}: {wanted} is not locked" for wanted in sorted(missing)]


def _entries(lock: str) -> list[str]:
    """The requirements of a lock with their hashes, comments left out."""
    lines = [line for line in lock.splitlines() if not line.lstrip().startswith("#")]
    return [e for e in re.split(r"^(?=\S)", "\n".join(lines), flags=re.MULTILINE) if e.strip()]


def _distribution(requirement: str) -> str:
    """The normalised name a requirement begins with."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Write or check the locks; 1 when the check fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--upgrade", action="store_true", help="take the newest versions")
    mode.add_argument("--check", action="store_true", help="only look; no network")
    options = parser.parse_args()
    if not options.check:
        write(upgrade=options.upgrade)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locks = {name: (ROOT / name).read_text() for name in LOCKS}
    found = [f for name, lock in locks.items() for f in faults(name, lock, project["dependencies"])]
    run, dev = (pins(lock) for lock in locks.values())
    found += [f"the locks differ on {name}" for name in sorted(run) if dev.get(name) != run[name]]
    print("\n".join(found) or f"{' and '.join(LOCKS)} can be installed from")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
