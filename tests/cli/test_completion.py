"""What a shell offers after a Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path


def offered(typed: str, **environment: str) -> list[str]:
    """What bash is told for the last word of a line."""
    words = typed.split(" ")
    asked = {
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
        "_PLANNER_COMPLETE": "bash_complete",
        "HF_HUB_CACHE": "/nonexistent",
    }
    done = subprocess.run(
        [sys.executable, "-m", "planner"],
        env={**os.environ, **asked, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("planner rec", ["recommend"]),
        ("planner completion ", ["bash", "zsh", "fish"]),
        ("planner hardware de", ["detect"]),
        ("planner recommend --input-t", ["--input-tokens"]),
        ("planner recommend --max-num-seq", ["--max-num-seqs"]),
        ("planner recommend -tp 8 --objective lat", ["latency"]),
        ("planner recommend --unknown --vllm-version 0.33", ["0.33"]),
        ("planner estimate --format mark", ["markdown"]),
        ("planner validate --allow par003", ["par003"]),
        ("planner explain tensor-parallel-leaves", ["tensor-parallel-leaves-scale-up-domain"]),
        ("planner explain weig", ["weights-exceed-budget", "weights"]),
        ("planner validate ", ["file,"]),
        ("planner estimate -o re", ["file,re"]),
        ("planner diff pl", ["file,pl"]),
        ("planner recommend --model ./con", ["file,./con"]),
    ],
)
def test_a_word_is_completed_by_what_it_may_be(typed: str, expected: list[str]) -> None:
    assert offered(typed) == expected


def test_models_are_found_with_and_without_their_owner(tmp_path: Path) -> None:
    assert "Qwen/Qwen3-32B" in offered("planner recommend --model Qwen/Qwen3-3")
    assert "deepseek-ai/DeepSeek-R1" in offered("planner estimate --model deepseek-r1")
    (tmp_path / "models--me--mine").mkdir()
    cache = str(tmp_path)
    assert offered("planner estimate --model me/", HF_HUB_CACHE=cache) == ["me/mine"]


def test_clusters_are_completed_behind_their_counts_as_they_were_typed() -> None:
    assert "2x8xA100-sxm4-80gb" in offered("planner recommend --gpus 2x8xA1")
    assert "2xp4d.24xlarge" in offered("planner recommend --gpus 2xp4")
    assert "8xh100-sxm5-80gb@ib-ndr" in offered("planner recommend --gpus 8xh100-sxm5-80gb@ib")
    assert offered("planner recommend --gpus aut") == ["auto"]


def test_rules_are_told_with_their_first_line() -> None:
    told = offered("planner explain PAR00", _PLANNER_COMPLETE="fish_complete", COMP_CWORD="PAR00")
    assert "PAR003\tTensor parallelism leaves the scale-up domain." in told


def test_completing_imports_neither_numpy_nor_pydantic() -> None:
    script = (
        "import os, sys; os.environ.update(_PLANNER_COMPLETE='bash_complete', COMP_CWORD='3', "
        "COMP_WORDS='planner recommend --gpus 8xh1')\n"
        "from planner.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'numpy', 'pydantic', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_for_both_names(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_planner_completion" in script
    assert "_vllm_planner_completion" in script
    if found := shutil.which(shell):
        subprocess.run([found, "-n", "-c", script], check=True)


def test_a_real_bash_completes(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    program = tmp_path / "planner"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m planner "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = (
        'eval "$(planner completion bash)"; COMP_WORDS=(planner rec); COMP_CWORD=1; '
        '_planner_completion planner; echo "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "--norc", "-c", script],
        env={**os.environ, "PATH": path, "PYTHONPATH": os.getcwd()},  # noqa: PTH109
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "recommend\n"
