"""What launchers write is read by the programs that will run it."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from planner.errors import UsageError
from planner.launch.base import Served, find, launchers
from tests.launch.served_cases import CASES, cases

BIN = Path(sys.executable).parent


@cache
def every(to: str) -> dict[str, Served]:
    return cases(to)


def written(to: str, case: str, folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files of some kinds that a launcher writes, in a folder."""
    try:
        files = find(to).files(every(to)[case])
    except UsageError:
        return []
    paths = []
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
        if path.suffix in suffixes:
            paths.append(path)
    return paths


@pytest.mark.parametrize("to", launchers())
def test_shells_and_shellcheck_take_every_script(to: str, tmp_path: Path) -> None:
    scripts = [
        path for case in CASES for path in written(to, case, tmp_path / case, (".sh", ".sbatch"))
    ]
    if not scripts:
        pytest.skip("it writes none")
    for path in scripts:
        subprocess.run(["/bin/sh", "-n", path], check=True)
    # words in single quotes are meant to be left alone, with dollar signs and backslashes
    done = subprocess.run(
        [str(BIN / "shellcheck"), "--exclude=SC1003,SC2016", *map(str, scripts)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout


@pytest.mark.parametrize("to", launchers())
def test_python_and_ruff_take_every_program(to: str, tmp_path: Path) -> None:
    programs = [path for case in CASES for path in written(to, case, tmp_path / case, (".py",))]
    if not programs:
        pytest.skip("it writes none")
    for path in programs:
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
    rules = ("--select=E,F,W,I,B,UP,S", "--line-length=1000")
    done = subprocess.run(
        [str(BIN / "ruff"), "check", "--isolated", "--no-cache", *rules, *map(str, programs)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout
