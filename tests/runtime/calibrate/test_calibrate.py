"""``planner calibrate``: what it prints, keeps, refuses and forgets, as a user runs it."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from planner.cli.app import run
from planner.errors import InvalidInputError
from planner.request import request
from planner.runtime.calibrate.file import place
from planner.runtime.calibrate.flow import calibrate
from tests.log_writer import DATA, Written, h200_runs, text

if TYPE_CHECKING:
    from pathlib import Path

NO_ROOM = str(DATA / "0.11.0-no-room.log")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "planner" / "calibration.toml"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "vllm.log"
    path.write_text(text(h200_runs()[0]))
    return path


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any], str]:
    code = run(["calibrate", *words, "--offline", "--format", "json"])
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else {}, err


def test_a_log_is_compared_term_by_term_and_what_it_teaches_is_kept(
    config: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, _ = answer(capsys, str(log))
    assert code == 0
    assert found["calibration"] == str(config)
    (entry,) = found["logs"]
    assert entry["model"] == "Qwen/Qwen2.5-7B-Instruct"
    assert entry["hardware"] == "1x1xh200-sxm5-141gb"
    names = [term["term"] for term in entry["terms"]]
    assert names == ["weights", "activation", "non_torch", "graphs", "before", "kv_cache",
                     "kv_tokens", "max_concurrency"]  # fmt: skip
    for term in entry["terms"]:
        assert term["difference"] == pytest.approx(term["actual"] - term["predicted"], abs=0.02)
        assert term["why"]
    inside = next(each for each in found["constants"] if each["name"] == "inside_bytes")
    assert (inside["since"], inside["until"]) == ("0.20", "0.32")
    assert inside["platform"] == "hopper"
    kept = config.read_text()
    assert kept.startswith("# What `planner calibrate` learnt")
    assert f'log = "sha256:{entry["sha256"][:16]}"' in kept
    assert 'file = "vllm.log"' in kept


def test_the_same_log_twice_is_one(
    config: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, str(log), str(log))
    once = config.read_text()
    answer(capsys, str(log))
    assert config.read_text() == once


def test_a_dry_run_keeps_nothing(
    config: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, _ = answer(capsys, str(log), "--dry-run")
    assert code == 0
    assert found["calibration"] is None
    assert found["constants"]
    assert not config.exists()


def test_people_read_a_table(config: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calibrate", str(log), "--offline"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].endswith("Qwen/Qwen2.5-7B-Instruct, vLLM 0.26.0, 1x1xh200-sxm5-141gb")
    assert lines[1].split() == ["term", "predicted", "actual", "difference", "explained"]
    assert any(line.startswith("weights GiB") and "14.29" in line for line in lines)
    assert f"learnt so far, kept in {config}" in out


def test_without_a_log_it_shows_what_was_learnt_and_forgets_it_when_told(
    config: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["calibrate"]) == 0
    assert capsys.readouterr().out == "nothing was learnt here\n"
    answer(capsys, str(log))
    assert run(["calibrate"]) == 0
    assert "non_torch inside_bytes" in capsys.readouterr().out
    assert run(["calibrate", "--forget"]) == 0
    assert capsys.readouterr().out == f"removed {config}\n"
    assert not config.exists()
    assert run(["calibrate", "--forget"]) == 0


def test_a_failed_start_names_the_rule_and_exits_1(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, _ = answer(capsys, NO_ROOM, "--gpus", "A10G")
    assert code == 1
    (finding,) = found["logs"][0]["findings"]
    assert finding["code"] == "KVC001"
    assert finding["severity"] == "error"
    assert "No available memory for the cache blocks" in finding["message"]
    assert (finding["location"]["file"], finding["location"]["line"]) == (NO_ROOM, 11)
    assert finding["fix"].startswith("more GPUs")
    assert config.parent.parent.name == "config"


@pytest.mark.parametrize(
    ("name", "code"),
    [("0.15-request-too-long", "KVC002"), ("0.20-heads", "PAR001"), ("0.11.0-no-room", "KVC001")],
)
def test_a_failure_is_explained_without_board_or_model(
    name: str, code: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found, _ = answer(capsys, str(DATA / f"{name}.log"))
    assert status == 1
    (entry,) = found["logs"]
    assert [each["code"] for each in entry["findings"]] == [code]
    assert any(note.startswith("not compared: ") for note in entry["notes"])
    assert not config.exists()


def test_out_of_memory_says_whose_memory_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    oom = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.17 GiB."
    lines = text(Written()).splitlines()
    causes = {}
    for mark in ("Model loading took", "Available KV cache", "Graph capturing"):
        at = next(i for i, line in enumerate(lines) if mark in line)
        path = tmp_path / "vllm.log"
        path.write_text("\n".join([*lines[:at], "INFO Loading model from scratch...", oom]))
        _, found, _ = answer(capsys, str(path), "--dry-run")
        (finding,) = found["logs"][0]["findings"]
        assert finding["code"] == "MEM004"
        causes[mark] = finding["cause"]
    assert "weights" in causes["Model loading took"]
    assert "profile run" in causes["Available KV cache"]
    assert "CUDA graphs" in causes["Graph capturing"]


def test_a_bad_log_does_not_keep_good_ones_from_being_used(
    config: Path, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    junk = tmp_path / "junk.log"
    junk.write_bytes(os.urandom(5000))
    code, found, err = answer(capsys, str(junk), str(log), str(tmp_path / "none.log"))
    assert code == 2
    assert len(found["logs"]) == 1
    assert len(found["unread"]) == 2
    assert "holds no line of a start of vLLM" in err
    assert config.exists()


@pytest.mark.parametrize("name", ["junk.log", "missing.log"])
def test_a_bad_log_alone_is_a_plain_error(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "junk.log").write_text("nothing of vLLM here\n")
    code, found, err = answer(capsys, str(tmp_path / name))
    assert code == 2
    assert not found
    assert err.startswith("planner: error: ")
    assert "fix: " in err


def test_one_model_is_not_taken_for_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for number, written in enumerate(h200_runs()[:2]):
        paths.append(tmp_path / f"{number}.log")
        paths[-1].write_text(text(written))
    code, _, err = answer(capsys, *map(str, paths), "--model", "Qwen/Qwen3-8B")
    assert code == 2
    assert "cannot stand for 2 models" in err


def test_a_log_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vllm.log"
    path.write_text(text(Written()) + "ValueError: \x1b]0;owned\x07 No available memory\x9b2J\n")
    run(["calibrate", str(path), "--offline", "--dry-run"])
    out = capsys.readouterr().out
    assert not any(sign in out for sign in ("\x1b", "\x07", "\x9b"))


def test_a_folder_that_cannot_be_written_is_a_plain_error(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(InvalidInputError, match="cannot be written") as caught:
        calibrate([log], request(offline=True))
    assert "--dry-run" in caught.value.fix


def test_nowhere_to_keep_it_is_a_plain_error() -> None:
    with pytest.raises(InvalidInputError, match="no place to keep"):
        place({})


def test_the_file_appears_whole_and_nothing_else_is_left(
    config: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, str(log))
    assert [path.name for path in config.parent.iterdir()] == [config.name]
    assert stat.S_ISREG(config.stat().st_mode)
