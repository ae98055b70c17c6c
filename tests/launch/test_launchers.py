"""What holds for every launcher; each has golden files, to be read in review."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path, PurePosixPath

import pytest

from planner.errors import UnknownNameError, UsageError
from planner.launch.base import LaunchFile, find, launchers, settle
from planner.launch.programs import source_of
from tests.launch.served_cases import CASES, cases

GOLDEN = Path(__file__).parents[1] / "golden" / "launch"


def written(to: str, case: str) -> tuple[LaunchFile, ...]:
    """What a launcher writes; its refusal as a file.

    Programs that are handed on as they are have tests of their own; of one whose constants are
    filled in, one case holds the whole.
    """
    programs = {name: source_of(name) for name in ("process_guard", "ray_cluster", "start_nodes")}
    try:
        files = find(to).files(cases(to)[case])
    except UsageError as error:
        return (LaunchFile(path="refused.txt", text=f"{error.message}\n"),)
    for name, source in programs.items():
        files = tuple(replace(f, text=f.text.replace(source, f"({name})\n")) for f in files)
    files = tuple(file for file in files if file.text not in {f"({p})\n" for p in programs})
    if case == CASES[0]:
        return files
    return tuple(as_difference(f, "batch") if f.path == "batch.py" else f for f in files)


def as_difference(file: LaunchFile, program: str) -> LaunchFile:
    """What was filled into a program."""
    before, after = source_of(program).splitlines(), file.text.splitlines()
    lines = unified_diff(before, after, program, file.path, n=0, lineterm="")
    return replace(file, path=f"{file.path}.diff", text="\n".join((*lines, "")))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("to", launchers())
def test_each_deployment_has_its_golden_files(
    to: str, case: str, pytestconfig: pytest.Config
) -> None:
    folder, files = GOLDEN / to / case, written(to, case)
    if pytestconfig.getoption("update_snapshots"):
        for path in [p for p in folder.rglob("*") if p.is_file()]:
            path.unlink()
        for file in files:
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_text(file.text, encoding="utf-8")
    stored = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert sorted(stored) == sorted(file.path for file in files)
    for file in files:
        assert stored[file.path].read_text(encoding="utf-8") == file.text


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("to", launchers())
def test_files_lie_below_their_folder_and_end_with_a_newline(to: str, case: str) -> None:
    files = written(to, case)
    assert len({file.path for file in files}) == len(files) > 0
    for file in files:
        assert re.fullmatch(r"[A-Za-z0-9._/-]+", file.path)
        assert not PurePosixPath(file.path).is_absolute()
        assert ".." not in PurePosixPath(file.path).parts
        assert file.text.endswith("\n")


@pytest.mark.parametrize("to", launchers())
def test_a_launcher_says_how_it_is_started_and_what_can_be_set(to: str) -> None:
    launcher = find(to)
    assert all(command and all(command) for command in launcher.start(cases(to)["one-gpu"]))
    assert all(setting.help.endswith(".") for setting in launcher.SETTINGS)
    assert (getattr(launcher, "__doc__", "") or "").strip()


def test_an_unknown_launcher_or_setting_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        find("lokal")
    assert caught.value.fix == "--to local"
    with pytest.raises(UnknownNameError, match="no setting called partition"):
        settle(find("local"), "local", {"partition": "gpu"})
