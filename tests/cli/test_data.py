from __future__ import annotations

import json

import pytest

from planner.cli.app import run


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(arguments) == 0
    streams = capsys.readouterr()
    assert streams.err == ""
    return streams.out


def test_boards_are_listed_with_units_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    heading, *rows = answer(capsys, "hardware", "list", "boards", "h100-sxm").splitlines()
    assert "memory GiB" in heading
    assert any(row.startswith("h100-sxm5-80gb") and " 79." in row for row in rows)


def test_boards_are_listed_exactly_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "hardware", "list", "--format", "json"))
    assert {"id", "memory_bytes"} <= rows[0].keys()
    assert all(isinstance(row["memory_bytes"], int) for row in rows)


@pytest.mark.parametrize("kind", ["nodes", "fabrics"])
def test_nodes_and_fabrics_are_listed_too(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(answer(capsys, "hardware", "list", kind).splitlines()) > 10


@pytest.mark.parametrize("name", ["A100", "p4d.24xlarge", "ib-hdr"])
def test_a_thing_is_shown_by_any_of_its_names(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = answer(capsys, "hardware", "show", name)
    assert "kind: " in text
    assert "null" not in text
    assert json.loads(answer(capsys, "hardware", "show", name, "--format=json"))["data"]


def test_models_are_found_by_a_part_of_their_name(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "models", "list", "*DeepSeek-R1")
    assert "deepseek-ai/DeepSeek-R1 " in text
    assert "B  fp8" in text


def test_a_model_is_shown_by_its_short_name(capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(answer(capsys, "models", "show", "DeepSeek-R1", "--format", "json"))
    assert shown["row"]["id"] == "deepseek-ai/DeepSeek-R1"
    assert shown["config"]["hidden_size"] == 7168


def test_a_rule_is_explained_by_code_or_name(capsys: pytest.CaptureFixture[str]) -> None:
    page = answer(capsys, "explain", "par003")
    assert page == answer(capsys, "explain", "tensor-parallel-leaves-scale-up-domain")
    assert page.startswith("PAR003 tensor-parallel-leaves-scale-up-domain (error, origin policy")
    assert "What it checks" in page
    assert "planner validate --model" in page


def test_a_formula_is_explained_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    page = answer(capsys, "explain", "requested-bytes")
    assert page.startswith("planner.memory.budget.requested_bytes(")
    assert "Source: vllm." in page
    assert "requested_bytes: " in answer(capsys, "explain", "budget")


def test_all_rules_and_formulas_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "explain")
    assert "  PAR003  error" in text
    assert "  requested_bytes " in text
