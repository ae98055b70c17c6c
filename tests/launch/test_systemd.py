"""Units say what was planned, word for word, as systemd's manual has it and as systemd reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.cli.app import run
from planner.errors import UsageError
from planner.launch import systemd
from planner.launch.parts.unit import variable, words
from tests.launch.served_cases import CASES, HOSTILE, WORDS, answer, cases, record

if TYPE_CHECKING:
    from pathlib import Path

    from planner.launch.base import Served

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def read(line: str, *, command: bool) -> list[str]:
    """Words of a setting: quotes, C's escapes, ``%%``, and in commands ``$$`` (systemd.syntax)."""

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if code[0] == "x" and code[1:] else _LETTERS.get(code, code)

    assert "\n" not in line
    assert "\r" not in line
    found = []
    for match in _TOKEN.finditer(line):
        word = match[2] if match[1] is None else _ESCAPE.sub(plain, match[1])
        assert not re.search(r"(?<!%)(%%)*%(?!%)", word)
        word = word.replace("%%", "%")
        if command:
            assert not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", word)
            word = word.replace("$$", "$")
        found.append(word)
    return found


def settings(text: str, key: str) -> list[str]:
    return [line.partition("=")[2] for line in text.split("\n") if line.startswith(f"{key}=")]


def unit(served: Served) -> str:
    return systemd.files(served)[0].text


@given(argv=st.lists(WORDS, min_size=1))
def test_any_command_comes_back_from_the_line(argv: list[str]) -> None:
    assert read(words(argv), command=True) == argv


@given(value=WORDS)
def test_any_value_comes_back_from_the_line(value: str) -> None:
    assert read(variable("NAME", value), command=False) == [f"NAME={value}"]


@pytest.mark.parametrize("case", CASES)
def test_a_unit_runs_the_planned_command(case: str) -> None:
    served = cases("systemd")[case]
    try:
        text = unit(served)
    except UsageError:
        pytest.skip("it is refused")
    (line,) = settings(text, "ExecStart")
    assert read(line, command=True) == ["/opt/vllm/bin/vllm", *served.server.argv[1:]]
    held = [read(each, command=False)[0] for each in settings(text, "Environment")]
    assert set(held) >= {f"{k}={v}" for k, v in served.server.environment.items()}
    assert bool(settings(text, "EnvironmentFile")) == bool(served.secrets)


@pytest.mark.parametrize("case", CASES)
def test_systemd_takes_the_unit(case: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not installed")
    planned = cases("systemd")[case]
    served = record(answer(), "systemd", settings={"program": "/bin/true"})
    try:
        text = unit(planned).replace("/opt/vllm/bin/vllm", "/bin/true")
    except UsageError:
        text = unit(served)
    path = tmp_path / "it.service"
    path.write_text(text, encoding="utf-8")
    command = [program, "verify", "--man=no", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_reads_a_word_as_it_was_meant(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze is not installed")
    # it prints the name of a program that it cannot take; dollar signs mean nothing there
    name = f"/none/{HOSTILE.replace('$', '')} 100% é \x01"
    path = tmp_path / "it.service"
    path.write_text(f"[Service]\nExecStart={words([name])}\n", encoding="utf-8")
    command = [program, "verify", "--man=no", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert name.replace("\x01", "") in done.stderr.replace("\x01", "").replace("\\x01", "")


def test_the_planner_finds_no_error_in_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = settings(unit(record(answer(2), "systemd")), "ExecStart")
    argv = read(line, command=True)
    assert run(["validate", "--gpus", "2xH100", "--offline", "--", *argv]) == 0
    assert "fits" in capsys.readouterr().out


def test_hosts_have_units_of_their_own_once_the_head_is_named() -> None:
    planned = answer(8, 2, nodes=2)
    with pytest.raises(UsageError, match="address of node 0"):
        systemd.files(record(planned, "systemd"))
    named = record(planned, "systemd", options=(("--master-addr", ("10.0.0.1",)),))
    first, second = systemd.files(named)
    assert first.path == "qwen3-8b-node-0.service"
    assert "--headless" in second.text
    assert settings(first.text, "ExecStartPost")
    assert not settings(second.text, "ExecStartPost")


@pytest.mark.parametrize("typed", [{"program": "vllm"}, {"user": "a\nExecStart=/x"}])
def test_a_program_without_its_path_and_an_odd_user_are_refused(typed: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="none that systemd takes"):
        systemd.files(record(answer(), "systemd", settings=typed))
