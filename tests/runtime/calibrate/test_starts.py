"""Measurements are read as logs are, to the byte where the workers told it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run
from planner.errors import InvalidInputError
from planner.runtime.calibrate.starts import read_starts
from planner.runtime.measure.facts import append
from planner.units import GIB
from tests.log_writer import Written, h200_runs, lines

if TYPE_CHECKING:
    from pathlib import Path

RUN = replace(h200_runs()[0], digits=2)
EXACT = {"weights_bytes": 15343488271, "available_kv_cache_bytes": 120204301980}


def results(path: Path, written: Written, **rank: int) -> Path:
    said = {"case": "k", "run": "r"}
    append(path, {"fact": "case", **said, "name": "qwen-tp1", "model": written.model})
    append(path, {"fact": "log", **said, "lines": lines(replace(written, model="./models/dummy"))})
    append(path, {"fact": "rank", **said, "rank": 0, **rank})
    append(path, {"fact": "end", **said, "outcome": "measured"})
    return path


def test_a_measurement_is_a_start_with_exact_sizes(tmp_path: Path) -> None:
    (facts,) = read_starts(results(tmp_path / "m.jsonl", RUN, **EXACT))
    assert facts.model == RUN.model
    assert facts.name.endswith("m.jsonl: qwen-tp1")
    (rank,) = facts.ranks
    assert rank.weights is not None
    assert (rank.weights.size_bytes, rank.weights.step_bytes) == (EXACT["weights_bytes"], 1)
    assert rank.activation is not None
    assert rank.activation.step_bytes == round(GIB / 100)


def test_a_figure_that_means_something_else_stays_as_printed(tmp_path: Path) -> None:
    (facts,) = read_starts(results(tmp_path / "m.jsonl", RUN, weights_bytes=5))
    (rank,) = facts.ranks
    assert rank.weights is not None
    assert rank.weights.size_bytes == round(14.29 * GIB)


def test_measurements_calibrate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = results(tmp_path / "m.jsonl", RUN, **EXACT)
    assert run(["calibrate", str(path), "--offline", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["logs"][0]["learnt"]
    assert (tmp_path / "planner" / "calibration.toml").exists()


def test_measurements_without_a_start_are_a_plain_error(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    append(path, {"fact": "case", "case": "k", "run": "r", "name": "a", "model": "m"})
    with pytest.raises(InvalidInputError, match="holds no start of vLLM"):
        read_starts(path)
