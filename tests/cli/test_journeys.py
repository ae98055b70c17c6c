"""Whole commands as a user types them, on the embedded data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import planner
from planner.cli.app import run
from planner.plan import Answer
from planner.targets.read import read_targets

if TYPE_CHECKING:
    from pathlib import Path

R1 = ("--model", "deepseek-ai/DeepSeek-R1", "--gpus", "2x8xA100", "--offline")


def test_a_recommended_plan_passes_its_own_validation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.yaml"
    assert run(["recommend", *R1, "-tp", "8", "-o", str(plan)]) == 0
    assert "1. TP8 x PP2 on 16 GPUs: fits" in capsys.readouterr().out
    assert run(["validate", str(plan), "--offline"]) == 0
    assert "TP8 x PP2: fits" in capsys.readouterr().out


def test_tensor_parallelism_over_two_hosts_fails_the_build(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["validate", *R1, "-tp", "16", "--format", "json"]) == 1
    answer = Answer.model_validate_json(capsys.readouterr().out)
    assert "PAR003" in [found.code for found in answer.layouts[0].findings]
    assert run(["validate", *R1, "-tp", "16", "--allow", "PAR003"]) == 0


def test_a_pasted_command_is_judged_with_places(capsys: pytest.CaptureFixture[str]) -> None:
    command = "vllm serve deepseek-ai/DeepSeek-R1 --tensor_parallel_size=8 -pp 2 --swap-space 4"
    assert run(["validate", "--gpus", "2x8xA100", "--offline", "--", *command.split()]) == 1
    text = capsys.readouterr().out
    assert "vLLM 0.33 has no option --swap-space any more" in " ".join(text.split())
    assert "command line:1:36" in text


def test_options_that_bear_on_nothing_are_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    passed = ["--served-model-name", "r1", "--speculative-config.method", "mtp"]
    assert run(["recommend", *R1, "--top", "1", "--format", "json", *passed]) == 0
    (layout,) = json.loads(capsys.readouterr().out)["layouts"]
    argv = layout["commands"][0]["argv"]
    assert argv[argv.index("--served-model-name") + 1] == "r1"
    assert json.loads(argv[argv.index("--speculative-config") + 1]) == {"method": "mtp"}


def test_a_revision_reaches_the_server_and_comes_back_from_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert run(["recommend", *R1, "--revision", "v1", "-o", str(plan)]) == 0
    command = json.loads(plan.read_text(encoding="utf-8"))["layouts"][0]["commands"][0]
    assert "--revision v1" in command["shell"]
    (target,) = read_targets([str(plan)])
    assert target.revision == "v1"


def test_the_python_interface_answers_as_the_command_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["estimate", *R1, "-tp", "8", "-pp", "2", "--format", "json"])
    answer = planner.estimate(
        model="deepseek-ai/DeepSeek-R1",
        gpus="2x8xA100",
        offline=True,
        tensor_parallel_size=8,
        pipeline_parallel_size=2,
    )
    assert json.loads(capsys.readouterr().out) == answer.model_dump(mode="json")
    assert isinstance(planner.recommend, type(run))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["recommend", "--model", "nobody/nothing", "--gpus", "T4", "--offline"], {2, 3}),
        (["recommend", "--model", "DeepSeek-R1", "--gpus", "8xH1000", "--offline"], {2}),
        (["recommend", "--model", "DeepSeek-R1-Distill-Qwen-7B", "--gpus", "T4"], {1}),
        (["estimate", "--model", "DeepSeek-R1", "--gpus", "H100", "--offline"], {1}),
    ],
)
def test_exit_codes_of_whole_commands(
    arguments: list[str], code: set[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) in code
    streams = capsys.readouterr()
    assert bool(streams.out) != bool(streams.err)
