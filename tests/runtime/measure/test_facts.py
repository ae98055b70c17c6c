from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from planner.errors import InvalidInputError
from planner.runtime.measure.facts import SCHEMA, append, read
from planner.runtime.measure.log import failure, log_lines
from planner.runtime.measure.results import read_results, runs

ROOT = Path(__file__).parents[3]


def write(path: Path, *facts: dict[str, object]) -> Path:
    for fact in facts:
        append(path, fact)
    return path


def test_a_fact_is_a_line_of_its_own_with_schema_and_time(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", {"fact": "rank", "case": "a"}, {"fact": "end", "case": "a"})
    first, second = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert first["schema"] == SCHEMA
    assert first["time"].endswith("+00:00")
    assert second["fact"] == "end"


def test_a_line_that_was_cut_swallows_neither_neighbour(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", {"fact": "case", "case": "a", "run": "1"})
    with path.open("a", encoding="utf-8") as file:
        file.write('{"schema":"planner-measure/1","fact":"ra')
    write(path, {"fact": "end", "case": "a", "run": "1", "outcome": "measured"})
    assert [fact and fact["fact"] for fact in read(path)] == ["case", None, "end"]
    assert read_results(path)[0].outcome == "measured"


def test_processes_that_write_at_once_do_not_mix_their_lines(tmp_path: Path) -> None:
    source = f"""
from planner.runtime.measure.facts import append
import sys
for i in range(20):
    fact = {{"fact": "rank", "who": sys.argv[1], "fill": "x" * 9000}}
    append({str(tmp_path / "r.jsonl")!r}, fact)
"""
    writers = [subprocess.Popen([sys.executable, "-c", source, str(i)], cwd=ROOT) for i in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    found = [fact["who"] for fact in read(tmp_path / "r.jsonl") if fact]
    assert sorted(found) == ["0"] * 20 + ["1"] * 20 + ["2"] * 20


def test_facts_of_a_run_are_put_together(tmp_path: Path) -> None:
    of = {"case": "k", "run": "1"}
    path = write(
        tmp_path / "r.jsonl",
        {"fact": "model", "model": "m", "config_sha256": "5e", "config": {"hidden_size": 64}},
        {"fact": "case", **of, "name": "m-tp2", "model": "m", "config_sha256": "5e"},
        {"fact": "rank", **of, "rank": 0, "weights_bytes": 3},
        {"fact": "rank", **of, "rank": 1, "weights_bytes": 4},
        {"fact": "speed", **of, "kind": "decode", "batch": 8, "seconds": 0.01},
        {"fact": "log", **of, "lines": ["a", "b"]},
        {"fact": "end", **of, "outcome": "measured", "code": 0},
    )
    (found,) = read_results(path)
    assert (found.name, found.model, found.outcome) == ("m-tp2", "m", "measured")
    assert found.config == {"hidden_size": 64}
    assert [rank["weights_bytes"] for rank in found.ranks] == [3, 4]
    assert found.speed == ({"kind": "decode", "batch": 8, "seconds": 0.01},)
    assert found.log == ("a", "b")


def test_a_failed_rerun_does_not_take_the_place_of_what_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    for run, outcome in (("1", "failed"), ("2", "measured"), ("3", "failed"), ("4", None)):
        write(path, {"fact": "case", "case": "k", "run": run})
        if outcome:
            write(path, {"fact": "end", "case": "k", "run": run, "outcome": outcome})
    assert [each.outcome for each in runs(path)] == ["failed", "measured", "failed", "interrupted"]
    assert [each.run for each in read_results(path)] == ["2"]


@pytest.mark.parametrize("text", ["hello\n", '{"schema":"planner/1"}\n', "[]\n", "\x00\n"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match="holds no measurement"):
        read_results(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file"):
        read_results(tmp_path / "none.jsonl")


def test_progress_bars_are_kept_as_they_ended(tmp_path: Path) -> None:
    path = tmp_path / "log"
    bar = "Capturing: 0%|   | 0/3\rCapturing: 33%|#  | 1/3\rCapturing: 100%|###| 3/3\n"
    path.write_bytes(b"first\n" + bar.encode() + b"\xff broken\n")
    assert log_lines(path) == ["first", "Capturing: 100%|###| 3/3", "\ufffd broken"]


def test_of_an_endless_log_both_ends_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("\n".join(f"line {i:06d}" for i in range(100_000)), encoding="utf-8")
    lines = log_lines(path)
    assert (lines[0], lines[-1]) == ("line 000000", "line 099999")
    assert sum(map(len, lines)) < 500_000


def test_without_an_error_that_is_known_the_last_line_says_why() -> None:
    assert failure(["vllm serve m", "Segmentation fault"])["error"] == "Segmentation fault"
    assert failure([]) == {"tail": []}


def test_what_pydantic_wraps_is_taken_out() -> None:
    lines = [
        "INFO 11-22 07:36:04 [api.py:1] vLLM API server version 0.32.0",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for VllmConfig",
        (
            "  Value error, Total number of attention heads (4) must be divisible by tensor "
            "parallel size (3). [type=value_error, input_value=ArgsKwargs((), {})]"
        ),
    ]
    assert failure(lines)["error"].startswith("Total number of attention heads (4) must be")
