"""planner diff and validate --vllm-version A..B as one types them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

OLD = "model: Qwen/Qwen3-8B\nmax-model-len: 8192\n"
NEW = OLD.replace("8192", "16384")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(NEW, encoding="utf-8")
    return tmp_path


def differing(*words: str) -> int:
    return run(["diff", *words, "--gpus", "H100", "--offline"])


@pytest.mark.usefixtures("folder")
def test_two_files_are_held_against_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert differing("old.yaml", "new.yaml", "--format", "json", "-o", "d.md") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["old"], document["new"]) == ("old.yaml", "new.yaml")
    (change,) = document["deployments"]
    assert {"name": "max_model_len", "unit": "text", "old": 8192, "new": 16384} in change[
        "settings"
    ]


@pytest.mark.usefixtures("folder")
def test_standard_input_is_the_other_text_of_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(OLD + "swap-space: 4\n"))
    assert differing("old.yaml", "-") == 1
    assert "appeared: error VER003" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("swap-space: ["))
    assert differing("old.yaml", "-") == 2
    assert differing("-", "-") == 2


@pytest.mark.usefixtures("folder")
def test_a_plan_can_be_held_against_a_plan(capsys: pytest.CaptureFixture[str]) -> None:
    estimate = ["estimate", "--model", "Qwen/Qwen3-8B", "--offline"]
    assert run([*estimate, "--gpus", "H100", "-o", "a.yaml"]) == 0
    assert run([*estimate, "--gpus", "2xH100", "-tp", "2", "-o", "b.yaml"]) == 0
    capsys.readouterr()
    assert run(["diff", "a.yaml", "b.yaml", "--offline"]) == 0
    assert "option --tensor-parallel-size" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_an_upgrade_fails_where_a_finding_appears(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["validate", "old.yaml", "--gpus", "H100", "--offline", "--vllm-version"]
    assert run([*words, "0.11..0.33"]) == 0
    assert "runs with gpu_memory_utilization" in capsys.readouterr().out
    assert run([*words, "0.33..0.8.3"]) == 1
    assert run([*words, "0.11..0.33", "--format", "sarif"]) == 2
    assert run([*words, "0.11..0.33", "--fix"]) == 2
    assert run([*words, "0.11..9"]) == 2
    assert run(["validate", "--gpus", "H100", "--offline", "--vllm-version", "0.11..", "--",
                "vllm", "serve", "Qwen/Qwen3-8B"]) == 0  # fmt: skip
