"""The tables predicted for eight H200s: whole, and as a measurement will need them."""

from __future__ import annotations

import csv
from pathlib import Path

from planner.runtime.measure.cases import read_file
from scripts.runs.predicted import TERMS
from scripts.runs.predicted_layouts import CONCURRENCIES, layout, memory

FOLDER = Path(__file__).parent / "data" / "r1_on_h200"
ENTRIES = read_file(str(FOLDER / "cases.jsonl"))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_case_is_told_at_every_load_and_in_every_term() -> None:
    loads = {(row["case"], int(row["concurrency"])) for row in _rows("speed.csv")}
    assert loads == {(entry.name, load) for entry in ENTRIES for load in CONCURRENCIES}
    terms = {(row["case"], row["term"]) for row in _rows("memory.csv")}
    assert terms == {(entry.name, term) for entry in ENTRIES for term in TERMS}
    assert [row["case"] for row in _rows("kv_cache.csv")] == [entry.name for entry in ENTRIES]


def test_a_figure_lies_in_its_interval() -> None:
    for row in _rows("memory.csv"):
        assert int(row["low"]) <= int(row["bytes"]) <= int(row["high"])
    for row in _rows("speed.csv"):
        for name in ("ttft_ms", "tpot_ms", "output_tokens_per_s"):
            assert float(row[f"{name}_low"]) <= float(row[name]) <= float(row[f"{name}_high"])


def test_each_stage_of_a_pipeline_has_rows_of_its_own() -> None:
    (pipeline,) = (entry for entry in ENTRIES if "pipeline-parallel-size" in entry.options)
    rows = list(memory(pipeline.name, layout(pipeline, "8xH200", 1)))
    assert [row["stage"] for row in rows] == [0] * len(TERMS) + [1] * len(TERMS)
