from __future__ import annotations

import tomllib
from datetime import date
from itertools import product
from pathlib import Path

import pytest

import planner.constants as constants_module
from planner.constants import platform_family, term

FOLDER = Path(constants_module.__file__).parent / "constants_data"
FILES = sorted(FOLDER.glob("*.toml"))
VERSIONS = [(0, minor) for minor in range(10, 35)]
FAMILIES = ("hopper", "blackwell", "turing", "cuda", "rocm", "other")
KEYS = {"name", "low", "mid", "high", "unit", "source", "date"}
OPTIONAL = {"since", "until", "platforms", "runners", "points", "note"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_entry_says_its_range_source_and_date(file: Path) -> None:
    for entry in tomllib.loads(file.read_text(encoding="utf-8"))["constant"]:
        assert set(entry) >= KEYS
        assert set(entry) <= KEYS | OPTIONAL
        assert entry["low"] <= entry["mid"] <= entry["high"]
        assert isinstance(entry["date"], date)
        assert set(entry.get("platforms", ())) <= set(FAMILIES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_release_board_and_runner_has_every_constant(file: Path) -> None:
    names = {e["name"] for e in tomllib.loads(file.read_text(encoding="utf-8"))["constant"]}
    for version, family, runner in product(VERSIONS, FAMILIES, ("v1", "v2")):
        assert set(term(file.stem, version, family, runner)) == names


def test_the_last_entry_that_fits_is_taken() -> None:
    old, new, newest = (
        term("non_torch", version, "hopper", "v1")["inside_bytes"]
        for version in ((0, 17), (0, 18), (0, 33))
    )
    assert (old.versions, new.versions, newest.versions) == ("up to 0.17", "all", "from 0.33")
    assert old.mid < new.mid


def test_families_follow_the_capability_on_nvidia_boards_only() -> None:
    by_capability = {c: platform_family("cuda", c) for c in (75, 80, 89, 90, 100, 103, 120)}
    assert by_capability == {
        75: "turing",
        80: "cuda",
        89: "cuda",
        90: "hopper",
        100: "blackwell",
        103: "blackwell",
        120: "cuda",
    }
    assert platform_family("rocm", 90) == "rocm"
    assert platform_family("xpu", 90) == "other"
