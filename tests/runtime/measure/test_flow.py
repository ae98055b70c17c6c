from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.cli.app import run
from planner.runtime.measure.results import Measurement, read_results, runs
from tests.runtime import fake_vllm

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 320,
    "max_position_embeddings": 4096,
}
HANGS = {"name": "hangs", "environment": {"FAKE_VLLM": "hangs"}}
POINTS = ("--prefill-tokens", "16", "--decode-batches", "1,4", "--decode-context", "8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, a vLLM that only pretends, and two GPUs that nobody looks at."""
    fake_vllm.install(tmp_path / "site")
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text(json.dumps(LLAMA), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    return tmp_path


@pytest.fixture
def measured(here: Path) -> Callable[..., list[Measurement]]:
    def measure(*arguments: str, code: int = 0) -> list[Measurement]:
        assert run(["measure", "--model", "tiny", *arguments]) == code
        return read_results(here / "measurements.jsonl")

    return measure


def cases_file(here: Path, *cases: dict[str, Any]) -> str:
    path = here / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    return str(path)


def test_a_grid_is_measured_with_memory_points_and_log(
    measured: Callable[..., list[Measurement]], capsys: pytest.CaptureFixture[str]
) -> None:
    wide, narrow = measured("-tp", "1,2", "--max-num-seqs", "8", *POINTS)
    assert {wide.name, narrow.name} == {"tiny-tp1", "tiny-tp2"}
    assert wide.name == "tiny-tp2", "the widest layout goes first"
    assert wide.outcome == narrow.outcome == "measured"
    assert [rank["weights_bytes"] for rank in wide.ranks] == [1610612736, 1610612737]
    assert wide.case["vllm_args"] == {"--tensor-parallel-size": 2, "--max-num-seqs": 8}
    assert wide.config == LLAMA
    assert wide.software["vllm"] == "0.26.0"
    assert wide.engine["max_num_seqs"] == 8
    kinds = [(point["kind"], point["batch"]) for point in wide.speed]
    assert kinds == [("prefill", 1), ("decode", 1), ("decode", 4)]
    assert all(0.0005 < point["seconds"] < 0.5 for point in wide.speed)
    assert wide.log[0] == "vllm serve tiny --tensor-parallel-size 2 --max-num-seqs 8"
    assert any("Available KV cache memory" in line for line in wide.log)
    table = capsys.readouterr().out.splitlines()
    assert table[1].split()[:5] == ["tiny-tp1", "measured", "1", "1.5", "97.39"]
    assert table[2].split()[:5] == ["tiny-tp2", "measured", "2", "1.5", "97.39"]


def test_each_case_sees_its_own_gpus(measured: Callable[..., list[Measurement]]) -> None:
    wide, *narrow = measured("-tp", "1,2", "--max-num-seqs", "4,8", "--no-speed")[:3]
    assert wide.case["environment"]["CUDA_VISIBLE_DEVICES"] == "4,6"
    assert wide.case["gpu_ids"] == [0, 1]
    seen = {each.case["environment"]["CUDA_VISIBLE_DEVICES"] for each in narrow}
    assert seen <= {"4", "6", "4,6"}


def test_cases_run_side_by_side_on_gpus_of_their_own(
    measured: Callable[..., list[Measurement]], here: Path
) -> None:
    slow = {"FAKE_VLLM": "slow"}
    file = cases_file(
        here, *({"options": {"max-num-seqs": n}, "environment": slow} for n in (1, 2))
    )
    begun = time.monotonic()
    found = measured("--cases", file, "--no-speed")
    assert {each.case["environment"]["CUDA_VISIBLE_DEVICES"] for each in found} == {"4", "6"}
    both = sum(each.end["seconds"] for each in found)
    assert time.monotonic() - begun < both, "they ran one after the other"


def test_what_is_measured_is_not_measured_again(
    measured: Callable[..., list[Measurement]], capsys: pytest.CaptureFixture[str]
) -> None:
    (first,) = measured("--no-speed")
    again = measured("--no-speed", "-tp", "1,2")
    assert "1 of 2 cases" not in capsys.readouterr().err
    assert len(again) == 3, "an option that is given is another case, even with its default"
    measured("--no-speed")
    assert "1 of 1 cases are in measurements.jsonl already" in capsys.readouterr().err
    (last,) = [each for each in measured("--no-speed", "--no-resume") if each.key == first.key]
    assert last.run != first.run


def test_a_case_that_fails_says_why_and_the_others_are_measured(
    measured: Callable[..., list[Measurement]], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {"name": "bad", "environment": {"FAKE_VLLM": "refuses"}}
    file = cases_file(here, bad, {"name": "good"})
    found = {each.name: each for each in measured("--cases", file, "--no-speed", code=4)}
    assert found["good"].outcome == "measured"
    assert found["bad"].outcome == "failed"
    assert found["bad"].end["code"] == 1
    assert "must be divisible by tensor parallel size (3)" in found["bad"].end["error"]
    assert "Traceback (most recent call last):" in found["bad"].end["tail"]
    assert "bad: ValueError: Total number of attention heads" in capsys.readouterr().out
    measured("--cases", file, "--no-speed", "--skip-failed", code=4)
    assert "2 of 2 cases are in" in capsys.readouterr().err
    measured("--cases", file, "--no-speed", code=4)
    assert "1 of 2 cases are in" in capsys.readouterr().err


def test_what_was_known_before_a_crash_is_kept(
    measured: Callable[..., list[Measurement]], here: Path
) -> None:
    file = cases_file(here, {"environment": {"FAKE_VLLM": "dies"}})
    (found,) = measured("--cases", file, *POINTS, code=4)
    assert (found.outcome, found.end["code"]) == ("failed", 128 + signal.SIGKILL)
    assert found.ranks[0]["weights_bytes"] == 1610612736
    assert found.engine["block_size"] == 16
    assert found.speed == ()


def test_a_case_that_hangs_is_ended_when_its_time_is_over(
    measured: Callable[..., list[Measurement]], here: Path
) -> None:
    file = cases_file(here, {"environment": {"FAKE_VLLM": "hangs"}, "timeout": 1.5})
    (found,) = measured("--cases", file, code=4)
    assert found.outcome == "timed_out"
    assert not Path(f"/proc/{worker_of(found.log)}").exists()


def worker_of(log: tuple[str, ...]) -> int:
    (line,) = [line for line in log if line.startswith("worker ")]
    return int(line.split()[1])


def hanging(here: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A planner whose second case hangs, and the worker that hangs with it."""
    file = cases_file(
        here, {"name": "quick"}, {"name": "hangs", "environment": {"FAKE_VLLM": "hangs"}}
    )
    command = ("measure", "--model", "tiny", "--cases", file, "--no-speed", "--jobs", "1")
    environment = {**os.environ, "PYTHONPATH": f"{here / 'site'}:{ROOT}", "TMPDIR": str(here)}
    planner = subprocess.Popen([sys.executable, "-m", "planner", *command], env=environment)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for log in (here / "measurements.logs").glob("hangs-*.log"):
            lines = tuple(log.read_text(encoding="utf-8").splitlines())
            if any(line.startswith("worker ") for line in lines):
                return planner, worker_of(lines)
        time.sleep(0.05)
    planner.kill()
    raise AssertionError("the case did not start")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_keeps_what_it_has_and_leaves_nothing_running(
    here: Path, number: signal.Signals
) -> None:
    planner, worker = hanging(here)
    planner.send_signal(number)
    assert planner.wait(60) == 130
    assert not Path(f"/proc/{worker}").exists()
    outcomes = {each.name: each.outcome for each in read_results(here / "measurements.jsonl")}
    assert outcomes == {"quick": "measured", "hangs": "interrupted"}


def test_killed_it_leaves_nothing_running_and_a_rerun_goes_on(
    here: Path, measured: Callable[..., list[Measurement]]
) -> None:
    planner, worker = hanging(here)
    planner.kill()
    planner.wait()
    until = time.monotonic() + 30
    while Path(f"/proc/{worker}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
    outcomes = {each.name: each.outcome for each in read_results(here / "measurements.jsonl")}
    assert outcomes == {"quick": "measured", "hangs": "interrupted"}

    file = cases_file(
        here,
        {"name": "quick"},
        {"name": "hangs", "timeout": 1.0, "environment": {"FAKE_VLLM": "hangs"}},
    )
    measured("--cases", file, "--no-speed", "--jobs", "1", code=4)
    names = [each.name for each in runs(here / "measurements.jsonl")]
    assert names == ["quick", "hangs", "hangs"]
    cut = runs(here / "measurements.jsonl")[1]
    assert any(line.startswith("worker ") for line in cut.log), "the rerun saved the first log"


def test_cases_wider_than_the_machine_are_left_out(
    measured: Callable[..., list[Measurement]], capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = measured("-tp", "1,4", "--no-speed")
    assert found.name == "tiny-tp1"
    assert "tiny-tp4: left out, it needs 4 GPUs and there are 2" in capsys.readouterr().err


def test_the_answer_for_programs_holds_everything(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["measure", "--model", "tiny", "--no-speed", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["measurements"]
    assert found["ranks"][0]["weights_bytes"] == 1610612736
    assert found["case"]["log_file"].startswith("measurements.logs/tiny")
    assert (here / found["case"]["log_file"]).is_file()


def test_where_the_results_cannot_be_written_nothing_is_started(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "taken").mkdir()
    assert run(["measure", "--model", "tiny", "--results", "taken"]) == 2
    assert "taken cannot be written: Is a directory" in capsys.readouterr().err
    (here / "notes.txt").write_text("my notes", encoding="utf-8")
    assert run(["measure", "--model", "tiny", "--results", "notes.txt"]) == 2
    assert "notes.txt holds no measurement" in capsys.readouterr().err


def test_without_vllm_it_says_how_to_come_by_one(
    monkeypatch: pytest.MonkeyPatch, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PYTHONPATH")
    assert run(["measure", "--model", "tiny"]) == 3
    error = capsys.readouterr().err
    assert "has no vLLM" in error
    assert "--python" in error
    assert run(["measure", "--model", "tiny", "--python", "/nowhere/python"]) == 3
    assert not (here / "measurements.jsonl").exists()
