"""The variables of each release, and what is said of one that a release does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.vllm.variables import VariableTable, read_table, variables
from scripts.releases.variables import names
from tests.fixes.mended import found, judge_on, read

if TYPE_CHECKING:
    from pathlib import Path

TABLE = read_table(
    "read = '0.9.0 0.9.2 0.12.0'\nvariables = '''\nA 0.9.0-0.9.0\nB 0.9.2\nC 0.12.0\n'''"
)
SERVICE = """\
services:
  chat:
    image: vllm/vllm-openai:v{release}.0
    command: --model Qwen/Qwen3-8B --max-model-len 8192
    environment:
      VLLM_LOGGING_LEVEL: DEBUG
      {name}: "1"
"""


@pytest.mark.parametrize(
    ("release", "known"),
    [
        ("0.8", ""),
        ("0.9.0", "A"),
        ("0.9.1", "A"),
        ("0.9", "AB"),
        ("0.10.1", "BC"),
        ("0.12", "BC"),
        ("0.40", "BC"),
    ],
)
def test_a_release_that_was_not_read_is_judged_by_those_beside_it(release: str, known: str) -> None:
    assert TABLE.known(release) == set(known)


def test_an_empty_table_knows_nothing() -> None:
    assert VariableTable().known("0.33") == frozenset()


def test_every_release_reads_what_many_files_set() -> None:
    for release in variables().read:
        known = variables().known(".".join(map(str, release)))
        assert {"VLLM_HOST_IP", "VLLM_LOGGING_LEVEL", "VLLM_USE_MODELSCOPE"} <= known


def test_the_names_are_read_from_a_module_s_text() -> None:
    text = "environment_variables: dict = {'VLLM_A': lambda: 1, 'VLLM_B': lambda: 2}\nother = {}\n"
    assert names(text) == {"VLLM_A", "VLLM_B"}


@pytest.mark.parametrize(
    ("release", "name", "cause", "fix"),
    [
        ("0.11", "VLLM_USE_V1", None, None),
        ("0.12", "VLLM_USE_V1", "0.11.0 was the last release with it", "leave it out"),
        ("0.14", "VLLM_ATTENTION_BACKEND", None, None),
        ("0.33", "VLLM_ATTENTION_BACKEND", "0.14.1 was the last", "--attention-backend"),
        ("0.9", "VLLM_ENABLE_CUDAGRAPH_GC", "it came with 0.10.0", "take a later release"),
        ("0.20", "VLLM_LOGING_LEVEL", "it goes on without", "nearest: VLLM_LOGGING_LEVEL"),
    ],
)
def test_a_variable_is_held_against_the_release_of_the_image(
    release: str, name: str, cause: str | None, fix: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(SERVICE.format(release=release, name=name), encoding="utf-8")
    told = [each for each in found(judge_on("H100")(read(file))) if each.code == "RUN037"]
    if cause is None or fix is None:
        assert not told
        return
    (one,) = told
    assert cause in one.cause
    assert fix in one.fix
    assert one.location is not None
    assert one.location.line == 7
