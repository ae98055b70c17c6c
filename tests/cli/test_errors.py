from __future__ import annotations

import pytest

from planner.__main__ import main as program
from planner.cli import app
from planner.cli.app import PROGRAM, run
from planner.errors import ExitCode


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said on standard error of a usage error; nothing is said on standard output."""
    assert run(arguments) == ExitCode.USAGE
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("planner: error: ")
    assert "\n  fix: " in streams.err
    return streams.err


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["recomend"], "planner recommend"),
        (["hardwear", "list"], "planner hardware"),
        (["hardware", "lst"], "planner hardware list"),
        (["recommend", "--modle", "m"], "--model"),
        (["recommend", "--tensor-paralel-size", "8"], "--tensor-parallel-size"),
        (["recommend", "--gpu-memory-utilisation", "0.9"], "--gpu-memory-utilization"),
        (["validate", "--alow", "PAR003"], "--allow"),
        (["models", "list", "--formt", "json"], "--format"),
        (["explain", "PAR03"], "PAR003"),
        (["recommend", "--allow", "PAR03"], "PAR003"),
        (["hardware", "show", "h1000"], "h100"),
        (["models", "show", "DeepSeek-R2"], "DeepSeek-R1"),
        (["models", "list", "DeepSeek-R2"], "DeepSeek-R1"),
    ],
)
def test_a_misspelt_name_gets_the_nearest(
    arguments: list[str], nearest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nearest in complaint(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recommend"], "no model is named"),
        (["recommend", "--model", "m"], "no GPUs are named"),
        (["validate"], "no model is named"),
        (["validate"], "or planner validate plan.yaml"),
        (["validate", "--", "vllm", "serve", "Qwen/Qwen3-8B"], "--gpus 2x8xA100 -- vllm serve"),
        (["completion"], "planner completion needs SHELL\n  fix: planner completion {bash|"),
        (["verify"], "planner verify needs URL\n  fix: planner verify URL PLAN"),
        (["completion", "Tcsh"], "'Tcsh' is not one of"),
        (["recommend", "--max-model-len", "8Q"], "--max-model-len 8k"),
        (["recommend", "--model"], "--model needs a value"),
        (["recommend", "--offline=yes"], "--offline takes no value"),
        (["recommend", "-tp", "eight"], "'eight' is not a whole number"),
        (["recommend", "--input-tokens", "0"], "--input-tokens"),
        (["recommend", "--acceptance-rate", "1.5"], "--acceptance-rate"),
        (["recommend", "--prefix-cache-hit-rate", "1"], "--prefix-cache-hit-rate"),
        (["recommend", "--objective", "speed"], "--objective"),
        (["recommend", "--allow", "par001"], "PAR001 cannot be allowed"),
        (["recommend", "--format", "xml"], "no format is called xml"),
        (["recommend", "-o", "plan"], "suffix"),
        (["recommend", "m"], "unexpected extra argument"),
        (["recommend", "--max-num", "1"], "short for more than one option"),
        (["hardware", "list", "toasters"], "no board has toasters"),
        (["models", "list", "--format", "xml"], "no format is called xml"),
        (["validate", "--gpus", "T4", "-tp", "2", "--", "vllm", "serve", "m"], "beside a target"),
        (["validate", "--", "docker", "run"], "no vLLM server in this command"),
        (["validate", "missing.yaml"], "does not exist"),
    ],
)
def test_a_wrong_command_is_answered_in_one_message(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in complaint(capsys, *arguments)


def test_a_message_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in complaint(capsys, "explain", "\x1b]0;title\x07")


def test_an_interrupt_while_modules_are_imported_is_130_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        program()
    assert ended.value.code == ExitCode.INTERRUPTED
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [[], ["models"], ["hardware"]])
def test_a_command_of_commands_alone_shows_what_there_is(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == ExitCode.OK
    shown = capsys.readouterr().out
    assert shown.startswith("Usage: planner")
    assert "..." not in shown.partition("Commands:")[2]


def test_a_pattern_alone_lists_boards(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hardware", "list", "H100", "SXM"]) == ExitCode.OK
    assert "h100-sxm5-80gb" in capsys.readouterr().out


def test_an_interrupt_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PROGRAM, "invoke", interrupted)
    assert run(["models", "list"]) == 130
    assert capsys.readouterr().out == ""
