from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError
from planner.finding import Finding, Location, Severity
from planner.policy.baseline import read_baseline, without_known, write_baseline
from tests.policy.test_apply import HEADS, LATEST, SECRET, answer, codes

if TYPE_CHECKING:
    from pathlib import Path


def moved(found: Finding) -> Finding:
    return replace(found, location=Location(file="a.yaml", line=99))


def test_old_findings_are_left_out_when_lines_move_and_new_ones_are_not(tmp_path: Path) -> None:
    name = str(tmp_path / "baseline.json")
    write_baseline(name, answer(LATEST, HEADS))
    kept = without_known(answer(moved(LATEST), moved(HEADS), SECRET), read_baseline(name), "b.json")
    assert codes(kept) == ["RUN024"]
    assert kept.notes == ("b.json leaves out 2 known findings, 1 of them errors",)


def test_one_more_of_the_same_is_new(tmp_path: Path) -> None:
    name = str(tmp_path / "baseline.json")
    write_baseline(name, answer(LATEST))
    kept = without_known(answer(LATEST, moved(LATEST)), read_baseline(name), "b.json")
    assert codes(kept) == ["RUN025"]


def test_what_was_mended_is_told(tmp_path: Path) -> None:
    name = str(tmp_path / "baseline.json")
    write_baseline(name, answer(LATEST, SECRET))
    kept = without_known(answer(LATEST), read_baseline(name), "b.json")
    assert "1 findings of b.json are no more: --write-baseline takes them out" in kept.notes


def test_a_baseline_is_a_short_document_in_the_order_of_files(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(str(path), answer(SECRET, replace(LATEST, severity=Severity.ERROR)))
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["schema"] == "planner-baseline/1"
    assert [row["code"] for row in document["findings"]] == ["RUN024", "RUN025"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "planner-baseline/2"}', "[" * 9999])
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"no baseline|of schema"):
        read_baseline(str(path))
