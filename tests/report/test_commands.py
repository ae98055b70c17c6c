from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.describe import commands_of
from planner.report.parts.commands import paste, placeholders, where

if TYPE_CHECKING:
    from planner.vllm.hosts import Executor

#: stands for vLLM: says which words and which variable it was given
STUB = 'vllm() { printf "%s\\0" "$VLLM_PP_LAYER_PARTITION" "$@"; }\n'
word = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
nasty = st.sampled_from(["$(id)", "`id`", "a'b", '"', "; exit 3", "*", "a\nb", "!!", "#", "\\"])
text = st.one_of(word, nasty)


@settings(max_examples=60, deadline=None)
@given(text, st.dictionaries(st.sampled_from(["--served-model-name", "--dtype"]), text), text)
def test_a_shell_hands_vllm_the_words_of_the_plan(
    model: str, options: dict[str, str], partition: str
) -> None:
    environment = {"VLLM_PP_LAYER_PARTITION": partition}
    (command,) = commands_of(model, options, environment, hosts=1)
    expected = "".join(f"{w}\0" for w in (partition, *command.argv[1:])).encode()
    for script in (command.shell, "\n".join(paste(command, width=30))):
        done = subprocess.run(["/bin/bash", "-c", STUB + script], capture_output=True, check=True)
        assert done.stdout == expected


def test_lines_fit_the_page_and_keep_an_option_with_its_value() -> None:
    options = {"--tensor-parallel-size": 8, "--pipeline-parallel-size": 2}
    (command,) = commands_of("deepseek-ai/DeepSeek-R1", options, {}, hosts=1)
    assert paste(command, width=60) == [
        "vllm serve deepseek-ai/DeepSeek-R1 \\",
        "    --tensor-parallel-size 8 --pipeline-parallel-size 2",
    ]


@pytest.mark.parametrize("executor", ["mp", "ray"])
def test_a_placeholder_is_explained(executor: Executor) -> None:
    commands = commands_of("m", {}, {}, hosts=2, executor=executor)
    assert "address of node 0" in (placeholders(commands) or "")
    assert [where(command, 2) for command in commands][:2] == [
        "on node 0 (head)",
        "on node 1 (worker)",
    ]
    assert placeholders(commands_of("m", {}, {}, hosts=1)) is None
