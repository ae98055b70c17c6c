"""A corpus of manifests of every kind, each with what must be found in it, judged in one run."""

from __future__ import annotations

import contextlib
import io
import json
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from planner.cli.app import run
from planner.targets.read import formats
from planner.targets.walk import SUFFIXES

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
EXPECTED: dict[str, list[str]] = tomllib.loads((CORPUS / "expected.toml").read_text("utf-8"))
FILES = sorted(
    str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*") if path.suffix in SUFFIXES
)
LEAST_FILES = 60


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    written = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(written):
        patch.chdir(CORPUS)
        run(["validate", ".", "--offline", "--format", "json"])
    whole: dict[str, Any] = json.loads(written.getvalue())
    return whole


@pytest.fixture(scope="module")
def found(answer: dict[str, Any]) -> dict[str, list[str]]:
    """What was found in each file that runs vLLM, in the order of lines."""
    by_file: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for target in answer["targets"]:
        by_file[target["file"]] = []
    layouts = (each for layout in answer["layouts"] for each in layout["findings"])
    for each in (*answer["findings"], *layouts):
        line = each["location"]["line"] or 0
        by_file[each["location"]["file"]].append(
            (line, f"{each['code']} {each['severity']} {line}")
        )
    return {name: [text for _, text in sorted(lines)] for name, lines in by_file.items()}


def test_there_are_enough_files() -> None:
    assert len(FILES) >= LEAST_FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_what_is_wrong_with_it(name: str, found: dict[str, list[str]]) -> None:
    assert found.get(name, ["no vLLM"]) == EXPECTED[name]


def test_every_finding_has_a_line(found: dict[str, list[str]]) -> None:
    assert not [name for name, lines in found.items() if any(x.endswith(" 0") for x in lines)]


def test_nothing_is_expected_of_files_that_are_not_there() -> None:
    assert set(EXPECTED) == set(FILES)


def test_every_kind_of_file_is_there(answer: dict[str, Any]) -> None:
    folders = {Path(target["file"]).parent.name for target in answer["targets"]}
    assert len(folders) == len([path for path in CORPUS.iterdir() if path.is_dir()])
    assert len(folders) >= len(formats())
