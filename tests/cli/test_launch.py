from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run
from planner.dumped import dump
from planner.vllm.flags import known
from tests.answers import broken, nothing_fits
from tests.launch.served_cases import HOSTILE, answer

if TYPE_CHECKING:
    from pathlib import Path

    from planner.plan import Answer


def plan_file(folder: Path, planned: Answer) -> str:
    path = folder / "plan.yaml"
    path.write_text(dump(planned.model_dump(mode="json")), encoding="utf-8")
    return str(path)


def test_one_file_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["launch", plan_file(tmp_path, answer()), "--port", "9000"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "#!/bin/sh",
        "set -eu",
        "exec vllm serve Qwen/Qwen3-8B --gpu-memory-utilization 0.95 --port 9000",
    ]


def test_without_a_plan_the_best_layout_is_launched(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "DeepSeek-R1", "--gpus", "2x8xA100", "--offline", "--format", "json"]
    assert run(["launch", *words, "--served-model-name", "r1"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [file["path"] for file in shown["files"]] == ["node-0.sh", "node-1.sh"]
    assert all("--served-model-name r1" in file["text"] for file in shown["files"])


def test_files_are_written_whole_and_not_over_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, out = plan_file(tmp_path, answer(8, 2, nodes=2)), tmp_path / "out"
    assert run(["launch", plan, "-o", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["node-0.sh", "node-1.sh"]
    assert (out / "node-0.sh").stat().st_mode & 0o777 == 0o755
    (out / "node-1.sh").write_text("mine", encoding="utf-8")
    (out / "node-0.sh").unlink()
    assert run(["launch", plan, "-o", str(out)]) == 2
    assert [path.name for path in out.iterdir()] == ["node-1.sh"]
    assert "--force" in capsys.readouterr().err
    assert run(["launch", plan, "-o", str(out), "--force"]) == 0
    assert "exec vllm serve" in (out / "node-1.sh").read_text(encoding="utf-8")
    assert run(["launch", plan, "-o", str(tmp_path / "no" / "such")]) == 2


def test_one_file_may_be_named(tmp_path: Path) -> None:
    assert run(["launch", plan_file(tmp_path, answer()), "-o", str(tmp_path / "my.sh")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my.sh", "plan.yaml"]


@pytest.mark.parametrize(
    "words",
    [
        ["--api-key", "secret-word"],
        ["--api-key=secret-word"],
        ["--hf-token", "secret-word"],
        ["--env", "HF_TOKEN=secret-word"],
    ],
)
def test_a_secret_is_refused_where_it_would_show(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["launch", plan_file(tmp_path, answer()), *words]) == 2
    streams = capsys.readouterr()
    assert not streams.out
    assert "secret-word" not in streams.err
    assert "export" in streams.err


def test_a_secret_goes_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "secret-word")
    monkeypatch.setenv("HF_ENDPOINT", "https://me:secret-word@mirror.example")
    monkeypatch.setenv("VLLM_USE_MODELSCOPE", "True")
    assert run(["launch", plan_file(tmp_path, answer()), "--secret", "MY_KEY"]) == 0
    text = capsys.readouterr().out
    assert "secret-word" not in text
    assert all(f"${{{name}:?" in text for name in ("VLLM_API_KEY", "HF_ENDPOINT", "MY_KEY"))
    assert "export VLLM_USE_MODELSCOPE=True" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-tp", "4"], "--tensor-parallel-size is given beside a plan"),
        (["--gpus", "8xH100"], "--gpus is given beside a plan"),
        (["--request-rate", "3"], "--request-rate is given beside a plan"),
        (["--vllm-version", "0.30"], "--vllm-version is given beside a plan"),
        (["--layout", "2"], "no layout 2"),
        (["--run", "-o", "out"], "-o is given beside --run"),
        (["--to", "ssh", "--run"], "does not name its hosts"),
        (["--to", "docker", "--image", "a b"], "is no image"),
        (["--to", "ray", "--set", "cluster=a;id"], "cannot be"),
        (["--format", "xml"], "xml"),
        (["--port", "70000"], "no port"),
        (["--env", "NAME"], "not NAME=VALUE"),
        (["--env", "A-B=1"], "cannot be the name of a variable"),
        (["--set", "partition=gpu"], "no setting called partition"),
        (["--to", "kubernetse"], "no launcher is called kubernetse"),
    ],
)
def test_what_cannot_be_launched_is_refused(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["launch", plan_file(tmp_path, answer()), *words]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "- a\n", "services: {a: {image: b}}\n", "just words\n"])
def test_a_file_that_is_no_plan_is_refused_as_such(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    assert run(["launch", str(file)]) == 2
    assert "is no plan" in capsys.readouterr().err


@pytest.mark.parametrize("planned", [nothing_fits, broken])
def test_what_the_planner_speaks_against_is_not_launched(
    planned: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(planned)
    assert run(["launch", plan_file(tmp_path, planned())]) == 1
    streams = capsys.readouterr()
    assert not streams.out
    assert "fix: " in streams.err


def test_every_option_that_changes_no_figure_reaches_the_server_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"--api-key", "--hf-token", "--port", "--model", "--config", "--revision"}
    flags = sorted(
        flag
        for flag, spelling in known("0.33").items()
        if spelling.name is None and spelling.kind == "value" and flag not in own
    )
    words = [word for flag in flags for word in (flag, f"{HOSTILE}{flag}")]
    assert run(["launch", plan_file(tmp_path, answer()), *words, "--format", "json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    typed = shlex.split(file["text"], comments=False)
    assert typed[-len(words) :] == words
    assert len(flags) > 50
