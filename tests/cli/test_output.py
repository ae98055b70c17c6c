from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run
from planner.cli.output import Delivery, exit_code, page
from planner.errors import InvalidInputError, UnknownNameError, UsageError
from tests.answers import broken, deepseek_r1, estimate, nothing_fits

if TYPE_CHECKING:
    from planner.plan import Answer


def short() -> Answer:
    """An estimate of a layout that does not fit."""
    answer = estimate()
    fit = answer.layouts[0].fit.model_copy(update={"verdict": "does_not_fit"})
    layout = answer.layouts[0].model_copy(update={"fit": fit})
    return answer.model_copy(update={"layouts": (layout,)})


@pytest.mark.parametrize(
    ("answer", "fail_on", "code"),
    [
        (deepseek_r1(), "error", 0),
        (deepseek_r1(), "advice", 1),
        (broken(), "error", 1),
        (nothing_fits(), "error", 1),
        (nothing_fits().model_copy(update={"findings": ()}), "error", 1),
        (estimate(), "warning", 0),
        (short(), "error", 1),
    ],
)
def test_the_exit_code_says_whether_it_will_run(answer: Answer, fail_on: str, code: int) -> None:
    assert exit_code(answer, fail_on) == code


def test_standard_output_is_the_answer_and_nothing_else(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan, notes = tmp_path / "plan.yaml", tmp_path / "notes.md"
    assert Delivery.of("json", [str(plan), str(notes)], "error").deliver(broken()) == 1
    streams = capsys.readouterr()
    assert json.loads(streams.out)["findings"] == []
    assert streams.err == f"planner: wrote {plan}\nplanner: wrote {notes}\n"
    assert plan.read_text(encoding="utf-8").startswith("schema: planner/1\n")
    assert notes.read_text(encoding="utf-8").startswith("# deepseek-ai/DeepSeek-R1 on ")


def test_nothing_is_written_when_a_file_cannot_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="suffix"):
        Delivery.of("table", [str(tmp_path / "plan.yaml"), "plan"], "error").deliver(broken())
    with pytest.raises(UnknownNameError, match="no format is called xml"):
        Delivery.of("xml", [], "error").deliver(broken())
    with pytest.raises(InvalidInputError, match="cannot be written"):
        Delivery.of("table", [str(tmp_path / "none" / "plan.yaml")], "error").deliver(broken())
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("environment", "colour"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_is_asked_for_by_the_environment(
    environment: dict[str, str], *, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert page().colour is colour
    assert page().terminal is False


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("20", 40), ("400", 120), ("x", 80)])
def test_the_page_is_as_wide_as_the_terminal_within_reason(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert page().width == width


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "planner", *arguments]


def test_a_reader_who_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        program("models", "list", "--format", "json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"[\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("arguments", [["--help"], ["recommend", "--help"], ["models", "list"]])
def test_head_reads_a_line_in_peace(arguments: list[str]) -> None:
    line = " ".join(program(*arguments))
    script = f"set -o pipefail; {line} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_a_locale_without_block_characters_gets_plain_ones() -> None:
    script = (
        "from planner.cli.output import Delivery, page; from tests.answers import deepseek_r1; "
        "assert not page().unicode; Delivery.of('table', [], 'error').deliver(deepseek_r1())"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.isascii()
    assert done.stderr == b""


def test_a_format_does_not_show_what_another_needs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    alone, both = tmp_path / "alone.json", tmp_path / "both.json"
    question = ["estimate", "--model", "Qwen/Qwen3-32B", "--gpus", "4xL40S", "-tp", "4"]
    assert run([*question, "--offline", "-o", str(alone)]) == 0
    shown = capsys.readouterr().out
    drawn = tmp_path / "page.html"
    assert run([*question, "--offline", "-o", str(drawn), "-o", str(both)]) == 0
    assert capsys.readouterr().out == shown
    assert both.read_text(encoding="utf-8") == alone.read_text(encoding="utf-8")
    assert "Arithmetic</h2>" in drawn.read_text(encoding="utf-8")
    assert run([*question, "--offline", "--show-math", "-o", str(drawn)]) == 0
    assert "arithmetic" in capsys.readouterr().out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("arguments", [["--help"], ["models", "show", "Qwen3-8B"]])
def test_a_full_disk_behind_standard_output_is_told(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "planner", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("planner: error: standard output cannot be written: No space")
    assert "Traceback" not in done.stderr


def test_a_file_says_how_it_was_made_and_is_the_same_to_the_byte_on_the_same_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    words = ["recommend", "--model", "Qwen/Qwen3-8B", "--gpus", "L40S", "--offline"]
    texts = []
    for _ in range(2):
        assert run([*words, "-o", "it.html", "-o", "it.md"]) == 0
        texts.append([path.read_bytes() for path in sorted(tmp_path.iterdir())])
    assert texts[0] == texts[1]
    said = f"planner {' '.join(words[:5])} --offline -o it.html -o it.md"
    for name in ("it.html", "it.md"):
        text = Path(name).read_text(encoding="utf-8")
        assert said in text
        assert "2001-09-09" in text


def test_a_day_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    file = str(tmp_path / "it.md")
    assert run(["estimate", "--model", "Qwen/Qwen3-8B", "--offline", "-o", file]) == 2
    assert "SOURCE_DATE_EPOCH is 'yesterday'" in capsys.readouterr().err
