"""A plan is mended wherever it tells an option, and then tells the figures of what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from planner.cli.app import run
from tests.fixes.mended import judge_on, mended, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """TP over two nodes, which this planner's policy forbids, with the figures of that."""
    file = tmp_path / "plan.yaml"
    run(
        ["estimate", "--model", "meta-llama/Llama-3.1-70B-Instruct", "--gpus", "2x8xA100",
         "-tp", "16", "--offline", "--no-calibration", "--concurrency", "64", "-o", str(file)]
    )  # fmt: skip
    return file


def layout_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(text)["layouts"][0]
    return found


def test_every_place_of_an_option_is_mended(plan: Path) -> None:
    (file,) = mended(plan, "").files
    layout = layout_of(file.after)
    assert (layout["tensor_parallel_size"], layout["pipeline_parallel_size"]) == (8, 2)
    assert layout["vllm_args"]["--tensor-parallel-size"] == 8
    for command in layout["commands"]:
        assert "--tensor-parallel-size 8" in command["shell"]
        assert command["shell"].split() == command["argv"]


def test_the_figures_are_those_of_the_mended_layout(plan: Path) -> None:
    (file,) = mended(plan, "").files
    assert len(layout_of(file.before)["memory"]["stages"]) == 1
    plan.write_text(file.after, encoding="utf-8")
    (anew,) = judge_on("")(read(plan)).layouts
    told = anew.model_dump(mode="json")
    layout = layout_of(file.after)
    for key in ("gpus_used", "fit", "memory", "kv_cache", "start_up", "cost"):
        assert layout[key] == told[key], key
    assert "PAR003" not in [each["code"] for each in layout["findings"]]


def test_a_speed_is_unknown_until_it_is_estimated(plan: Path) -> None:
    (file,) = mended(plan, "").files
    before, after = map(layout_of, (file.before, file.after))
    assert before["performance"]["concurrency"] == 64
    assert after["performance"] is None
    assert "performance" in after["notes"][-1]


def test_what_stays_keeps_its_lines_and_comments(plan: Path) -> None:
    text = plan.read_text("utf-8").replace(
        "    gpu_memory_utilization: 0.95\n", "    gpu_memory_utilization: 0.95  # all of it\n"
    )
    plan.write_text(f"# ours\n{text}", encoding="utf-8")
    (file,) = mended(plan, "").files
    lines = file.after.splitlines()
    assert lines[0] == "# ours"
    assert "    gpu_memory_utilization: 0.95  # all of it" in lines
    head = text[: text.index("layouts:")].splitlines()
    assert lines[1 : len(head) + 1] == head


def test_a_plan_in_a_line_is_mended_too(plan: Path) -> None:
    text = plan.read_text("utf-8")
    fit = next(line for line in text.splitlines() if line.strip() == "fit:")
    block = text[text.index(fit) : text.index("  memory:")]
    inner = ", ".join(line.strip() for line in block.splitlines()[1:])
    plan.write_text(text.replace(block, f"  fit: {{{inner}}}\n"), encoding="utf-8")
    (file,) = mended(plan, "").files
    assert "  fit: {verdict: " in file.after
    plan.write_text(file.after, encoding="utf-8")
    (anew,) = judge_on("")(read(plan)).layouts
    assert layout_of(file.after)["fit"] == anew.fit.model_dump(mode="json")


def test_figures_that_are_written_otherwise_stay_and_that_is_told(plan: Path) -> None:
    text = plan.read_text("utf-8").replace("  fit:\n", "  fit: &fit\n")
    plan.write_text(text.replace("  memory:\n", "  memory: &memory\n"), encoding="utf-8")
    made = mended(plan, "")
    assert made.fixed
    assert "the figures of" in made.refused[-1]
