from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import UsageError
from planner.targets import walk
from planner.targets.walk import NamedFile, files, translated

PARTS = st.text("ab.", min_size=1, max_size=3).filter(lambda part: part.strip("."))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "deploy/a.yaml",
        "deploy/b.yml",
        "deploy/sub/c.json",
        "deploy/sub/d.sh",
        "deploy/sub/e.sbatch",
        "deploy/readme.md",
        "deploy/.git/f.yaml",
        "deploy/node_modules/g.yaml",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x: 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*typed: str) -> list[str]:
    return [file.name for file in files(typed)]


def test_a_folder_is_searched_for_manifests_and_scripts() -> None:
    found = files(["deploy/"])
    assert [file.name for file in found] == [
        "deploy/a.yaml",
        "deploy/b.yml",
        "deploy/sub/c.json",
        "deploy/sub/d.sh",
        "deploy/sub/e.sbatch",
    ]
    assert not any(file.explicit for file in found)


def test_a_star_stays_in_its_folder_and_two_cross_folders() -> None:
    assert names("deploy/*.yaml") == ["deploy/a.yaml"]
    assert names("deploy/**/*.json") == ["deploy/sub/c.json"]
    assert names("**/[ab].y*ml") == ["deploy/a.yaml", "deploy/b.yml"]
    assert names("deploy/*.md") == ["deploy/readme.md"]


def test_a_file_that_is_also_named_is_named(here: Path) -> None:
    found = files(["deploy", "./deploy/a.yaml", str(here / "deploy" / "b.yml")])
    assert len(found) == 5
    assert {file.name for file in found if file.explicit} == {"deploy/a.yaml", "deploy/b.yml"}


def test_a_name_with_a_star_may_be_a_file(here: Path) -> None:
    (here / "odd*.yaml").write_text("x: 1\n")
    assert files(["odd*.yaml"]) == (NamedFile(name="odd*.yaml"),)


def test_links_that_lead_out_are_passed_over(here: Path) -> None:
    outside = here / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("x: 1\n")
    (here / "deploy" / "folder").symlink_to(outside)
    (here / "deploy" / "file.yaml").symlink_to(outside / "secret.yaml")
    (here / "deploy" / "inside.yaml").symlink_to(here / "deploy" / "a.yaml")
    (here / "deploy" / "round").symlink_to(here / "deploy")
    assert names("deploy/**/*.yaml") == ["deploy/a.yaml", "deploy/inside.yaml"]
    assert len(names("deploy")) == 6


def test_a_pattern_without_a_file_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"no file matches k8s/\*\.yaml"):
        files(["k8s/*.yaml"])


def test_an_empty_name_is_not_the_working_directory() -> None:
    with pytest.raises(UsageError, match="names no file"):
        files([""])


def test_a_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_MOST_FILES", 4)
    with pytest.raises(UsageError, match="more than 4 files"):
        files(["deploy"])


@given(st.lists(PARTS, min_size=1, max_size=4))
def test_a_pattern_matches_what_it_spells(parts: list[str]) -> None:
    name = str(PurePosixPath(*parts))
    assert re.fullmatch(translated(name), name)
    assert re.fullmatch(translated("**/*"), name)
    assert bool(re.fullmatch(translated("*"), name)) == ("/" not in name)
