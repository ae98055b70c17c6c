from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.errors import InvalidInputError
from planner.report import json_, yaml_
from planner.report.base import Page
from planner.targets.read import read_targets
from tests.answers import MODEL, deepseek_r1, layout, nothing_fits


def saved(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return Path(saved(tmp_path / "plan.yaml", yaml_.render(deepseek_r1(), Page())))


def refusal(path: Path) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        read_targets([str(path)])
    return caught.value


def test_a_plan_is_the_deployment_it_recommends(plan: Path) -> None:
    (target,) = read_targets([str(plan)])
    assert (target.model, target.vllm_version) == (MODEL, "0.33")
    assert target.gpus == ("2x8xa100-sxm4-80gb@ib-hdr",)
    assert target.arguments.tensor_parallel_size == 8
    assert target.arguments.gpu_memory_utilization == 0.95
    assert [c.arguments.node_rank for c in target.commands] == [0, 1]
    assert target.commands[1].arguments.headless


def test_a_plan_may_be_json(tmp_path: Path) -> None:
    name = saved(tmp_path / "plan.json", json_.render(deepseek_r1(), Page()))
    (target,) = read_targets([name])
    assert target.arguments.pipeline_parallel_size == 2


def test_of_a_ray_plan_the_command_that_serves_counts(tmp_path: Path) -> None:
    with_ray = deepseek_r1().model_copy(update={"layouts": (layout(8, 2, executor="ray"),)})
    (target,) = read_targets([saved(tmp_path / "p.yaml", yaml_.render(with_ray, Page()))])
    assert len(target.commands) == 1
    assert target.arguments.distributed_executor_backend == "ray"


def test_an_option_of_a_plan_has_a_line(plan: Path) -> None:
    (target,) = read_targets([str(plan)])
    place = target.location("tensor_parallel_size")
    assert place is not None
    assert place.line is not None
    lines = plan.read_text(encoding="utf-8").splitlines()
    assert "--tensor-parallel-size: 8" in lines[place.line - 1]


def test_an_option_of_a_command_has_a_column() -> None:
    (target,) = read_targets([], ["vllm", "serve", "m", "-tp", "16"])
    place = target.location("tensor_parallel_size")
    assert place is not None
    assert (place.file, place.line, place.column) == ("command line", 1, 14)
    assert target.location("dtype") is None


def test_a_plan_that_contradicts_itself_is_refused_with_its_line(plan: Path) -> None:
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("tensor_parallel_size: 8", "tensor_parallel_size: 4", 1))
    error = refusal(plan)
    assert "tensor_parallel_size is 4, its command says 8" in error.message
    assert ", line " in error.message


def test_a_key_that_no_plan_has_is_refused_with_its_line(plan: Path) -> None:
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("  gpus_used: 16", "  gpus_usd: 16", 1))
    error = refusal(plan)
    assert "layouts.0.gpus_usd: no plan has this key" in error.message
    assert ", line " in error.message


def test_a_plan_without_a_layout_is_refused(tmp_path: Path) -> None:
    path = Path(saved(tmp_path / "plan.yaml", yaml_.render(nothing_fits(), Page())))
    assert "no layout" in refusal(path).message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", b"name: 8\n", "is no file that is known"),
        ("a.yaml", b"", "is no file that is known"),
        ("a.yaml", b"a: [1, 2\n", "line 2 is not YAML"),
        ("a.yaml", b"a: 1\na: 2\n", "is not YAML"),
        ("a.yaml", b"a: &x [*x]\n", "an alias holds itself"),
        ("a.yaml", b"[x, " * 60_000, "is nested too deeply"),
        ("a.yaml", b"- x\n" * 100_001, "is too long to be read"),
        ("a.yaml", b"[" * 2_000, "is nested too deeply"),
        ("a.yaml", b"!!python/object/apply:os.system ['true']\n", "is no file|not YAML"),
        ("a.yaml", b"\x00\xff\xfe", "is not text"),
        ("a.yaml", b"x" * (4 * 1024**2 + 1), "is larger than 4 MiB"),
        ("a.json", b"{", "is not JSON"),
        ("a.json", b"[" * 200_000, "is nested too deeply"),
        ("a.yaml", b"schema: planner/1\nlayouts: 3\n", "line 2: layouts"),
        ("a.yaml", b"schema: planner/2\n", "line 1: schema"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=message):
        read_targets([str(path)])


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.yaml").message
    assert "is a directory" in refusal(tmp_path).message


def test_shared_lists_cannot_make_a_small_file_endless(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    path = Path(saved(tmp_path / "bomb.yaml", "schema: planner/1\n" + "\n".join(rows)))
    assert "aliases written out" in refusal(path).cause


def test_json_and_yaml_hold_the_same(plan: Path) -> None:
    from ruamel.yaml import YAML

    as_json = json.loads(json_.render(deepseek_r1(), Page()))
    assert YAML(typ="safe").load(plan) == as_json
