from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.launch import local
from planner.launch.parts import shell
from planner.launch.parts.served import short_name
from planner.plan import Command
from planner.vllm.hosts import shell_line
from tests.launch.served_cases import HOSTILE, WORDS, answer, record

if TYPE_CHECKING:
    from pathlib import Path


def command(argv: tuple[str, ...], environment: dict[str, str]) -> Command:
    return Command(
        node=0,
        role="all",
        environment=environment,
        argv=argv,
        shell=shell_line(argv, environment),
    )


@given(words=st.lists(WORDS, min_size=1))
def test_a_line_is_split_into_the_words_it_was_made_of(words: list[str]) -> None:
    assert shlex.split(shell.line(*words)) == words


@given(value=WORDS)
def test_a_variable_is_split_into_its_name_and_value(value: str) -> None:
    (line,) = shell.exports(command(("true",), {"NAME": value}))
    assert shlex.split(line) == ["export", f"NAME={value}"]


@given(model=WORDS, template=WORDS, address=WORDS)
def test_what_a_plan_says_stands_in_its_script_word_for_word(
    model: str, template: str, address: str
) -> None:
    planned = answer(
        model=f"m{model}",
        options={"--chat-template": f"t{template}"},
        environment={"VLLM_HOST_IP": address},
    )
    (file,) = local.files(record(planned, "local"))
    assert shlex.split(file.text, comments=False)[3:] == [
        *("export", f"VLLM_HOST_IP={address}", "exec"),
        *planned.layouts[0].commands[0].argv,
    ]


@pytest.mark.parametrize("program", ["sh", "bash"])
def test_a_shell_hands_over_the_very_words(program: str, tmp_path: Path) -> None:
    printing = ("printf", "%s\\0", HOSTILE, "", "*", "~", "-n", "$HOME", "{a,b}", "!!")
    show = command(("sh", "-c", 'printf "%s\\0" "$VALUE"'), {"VALUE": HOSTILE})
    script = tmp_path / "it.sh"
    script.write_text(shell.script(shell.runs([command(printing, {}), show])), encoding="utf-8")
    done = subprocess.run([program, script], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == [*printing[2:], HOSTILE]
    assert [path.name for path in tmp_path.iterdir()] == ["it.sh"]


def test_a_script_ends_before_the_server_where_a_secret_is_missing(tmp_path: Path) -> None:
    (file,) = local.files(record(answer(), "local", secrets=("VLLM_API_KEY",)))
    script = tmp_path / file.path
    script.write_text(file.text, encoding="utf-8")
    done = subprocess.run(
        ["/bin/sh", script], env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert "VLLM_API_KEY" in done.stderr


@given(text=st.text())
def test_a_short_name_suits_files_services_and_jobs(text: str) -> None:
    name = short_name(text)
    assert 0 < len(name) <= 40
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")
    assert not name.endswith("-")
