"""validate --fix and --diff as one types them."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

OLD = "model: Qwen/Qwen3-8B\nmax-model-len: 8192\nswap-space: 4\n"
NEW = OLD.replace("swap-space: 4\n", "")
LONG = OLD.replace("8192", "900000")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "server.yaml"
    path.write_text(OLD, encoding="utf-8")
    return path


def validated(*options: str) -> int:
    return run(["validate", "server.yaml", "--gpus", "H100", "--offline", *options])


def test_a_table_marks_what_can_be_fixed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validated() == 1
    out = capsys.readouterr().out
    assert "error VER003 [*]" in out
    assert out.endswith("1 error\n[*] 1 fixable with --fix\n")
    assert file.read_text("utf-8") == OLD


def test_a_diff_changes_nothing_and_fails(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validated("--diff") == 1
    said = capsys.readouterr()
    assert said.out == (
        "--- a/server.yaml\n+++ b/server.yaml\n@@ -1,3 +1,2 @@\n"
        " model: Qwen/Qwen3-8B\n max-model-len: 8192\n-swap-space: 4\n"
    )
    assert said.err == "planner: would fix 1 finding\n"
    assert file.read_text("utf-8") == OLD


def test_a_fix_is_written_and_what_is_left_decides(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validated("--fix") == 0
    said = capsys.readouterr()
    assert "planner: fixed server.yaml" in said.err
    assert said.out.endswith("no findings\n1 fixed, 0 left\n")
    assert file.read_text("utf-8") == NEW
    assert validated("--diff") == 0
    assert capsys.readouterr().out == ""


def test_a_fix_that_changes_what_is_served_is_asked_for_by_name(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(LONG, encoding="utf-8")
    assert validated("--fix") == 1
    assert "1 with --unsafe-fixes" not in capsys.readouterr().out
    assert "900000" in file.read_text("utf-8")
    assert validated("--fix", "--unsafe-fixes") == 0
    assert "max-model-len: 40960" in file.read_text("utf-8")


def test_json_names_what_was_fixed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del file
    assert validated("--fix", "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [each["code"] for each in answer["fixed"]] == ["VER003"]
    assert answer["fixed"][0]["repair"]["edits"][0]["line"] == 3
    assert answer["findings"] == []


@pytest.mark.usefixtures("file")
def test_what_a_baseline_knows_is_not_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    assert validated("--baseline", "old.json", "--write-baseline") == 0
    assert validated("--baseline", "old.json", "--diff") == 0
    assert capsys.readouterr().out.endswith("no findings\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gpus", "H100", "--fix", "--model", "Qwen/Qwen3-8B"], "none is named"),
        (["server.yaml", "--unsafe-fixes"], "--unsafe-fixes alone changes nothing"),
        (["server.yaml", "--fix", "--baseline", "b", "--write-baseline"], "are being mended"),
    ],
)
@pytest.mark.usefixtures("file")
def test_what_cannot_be_asked_together_is_told(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", *words]) == 2
    assert said in capsys.readouterr().err


TYPED = ["vllm", "serve", "Qwen/Qwen3-8B", "--swap-space", "4", "--served-model-name", "a $(b)"]
FIXED = "vllm serve Qwen/Qwen3-8B --served-model-name 'a $(b)'\n"


@pytest.mark.parametrize("typed", [TYPED, [shlex.join(TYPED)]], ids=["words", "one word"])
def test_a_command_that_was_typed_is_printed_as_it_is_mended(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["validate", "--gpus", "H100", "--offline"]
    assert run([*asked, "--", *typed]) == 1
    assert "[*] 1 fixable with --fix" in capsys.readouterr().out
    assert run([*asked, "--diff", "--", *typed]) == 1
    assert capsys.readouterr().out.endswith(f"\n-{shlex.join(TYPED)}\n+{FIXED}")
    assert run([*asked, "--fix", "--", *typed]) == 0
    said = capsys.readouterr()
    assert said.err == f"planner: fixed: {FIXED}"
    assert said.out.endswith("no findings\n1 fixed, 0 left\n")


def test_sarif_offers_no_edit_of_what_is_in_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    run(["validate", "--gpus", "H100", "--offline", "--format", "sarif", "--", *TYPED])
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["ruleId"] == "VER003"
    assert "fixes" not in result


def test_a_folder_that_cannot_be_written_keeps_its_file(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert validated("--fix") == 2
    assert "server.yaml cannot be written: No space left on device" in capsys.readouterr().err
    assert file.read_text("utf-8") == OLD
