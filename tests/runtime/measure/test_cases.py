from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.errors import InvalidInputError, PlannerError, UsageError
from planner.runtime.measure.case import Case, SpeedPlan
from planner.runtime.measure.cases import cases, grid, read_file
from planner.vllm.arguments import VllmArguments
from planner.vllm.flags import known
from planner.vllm.tokens import tokens

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = Case(model="")


def combinations(*typed: str) -> list[VllmArguments]:
    return grid(tokens(typed, known()))


def test_commas_part_the_values_of_an_option() -> None:
    found = combinations("-tp", "1,2", "--kv-cache-dtype", "auto,fp8", "--enforce-eager")
    pairs = [(each.tensor_parallel_size, each.kv_cache_dtype) for each in found]
    assert pairs == [(1, "auto"), (1, "fp8"), (2, "auto"), (2, "fp8")]
    assert all(each.enforce_eager for each in found)


def test_json_and_lists_are_one_value_each() -> None:
    (found,) = combinations(
        "--speculative-config",
        '{"method": "mtp", "num_speculative_tokens": 1}',
        "--cudagraph-capture-sizes",
        "1",
        "2",
        "--hf-overrides.num_hidden_layers",
        "4",
    )
    assert found.speculative_config == {"method": "mtp", "num_speculative_tokens": 1}
    assert found.cudagraph_capture_sizes == (1, 2)
    assert found.hf_overrides == {"num_hidden_layers": 4}


def test_an_option_that_bears_on_nothing_is_passed_on_with_each_value() -> None:
    found = combinations("--seed", "1,2")
    assert [each.other for each in found] == [(("--seed", ("1",)),), (("--seed", ("2",)),)]


def test_a_value_that_vllm_could_not_read_is_told_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="'two' is not a whole number"):
        combinations("-tp", "1,two")


def test_too_many_combinations_are_refused() -> None:
    numbers = ",".join(map(str, range(1, 200)))
    with pytest.raises(UsageError, match="39,601 cases"):
        combinations("-tp", numbers, "-pp", numbers)


def test_names_tell_cases_apart_by_what_varies() -> None:
    options = ("-tp", "2", "--max-num-seqs", "8,16", "--max-model-len", "512", "--enforce-eager")
    found = cases(["org/Small"], combinations(*options), [], DEFAULT)
    assert [case.name for case in found] == [
        "Small-tp2-max-num-seqs=8",
        "Small-tp2-max-num-seqs=16",
    ]


def test_a_toml_file_holds_cases_over_what_is_typed(tmp_path: Path) -> None:
    path = tmp_path / "cases.toml"
    path.write_text(
        """
[[case]]
name = "eager"
model = "Qwen/Qwen3-8B"
options = { tensor-parallel-size = 4, enforce_eager = true, max-num-seqs = 32 }
decode_batches = []

[[case]]
options.compilation-config = { cudagraph_mode = "NONE" }
environment.NCCL_P2P_DISABLE = "1"
decode_points = [[16, 8192]]
timeout = 60
""",
        encoding="utf-8",
    )
    typed = combinations("-tp", "2", "--max-model-len", "4k")
    eager, plain = cases(["small"], typed, [str(path)], DEFAULT)
    assert (eager.name, eager.model, eager.gpus) == ("eager", "Qwen/Qwen3-8B", 4)
    assert eager.arguments.max_model_len == 4000
    assert eager.speed == SpeedPlan(decode_batches=())
    assert (plain.model, plain.gpus, plain.timeout_s) == ("small", 2, 60)
    assert plain.arguments.compilation_config == {"cudagraph_mode": "NONE"}
    assert plain.environment == {"NCCL_P2P_DISABLE": "1"}
    assert plain.speed == SpeedPlan(decode_points=((16, 8192),))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.toml", "[[case]]\nmodle = 'm'", "case 1: modle: extra inputs are not permitted"),
        ("c.toml", "case = 3", "something else than tables"),
        ("c.toml", "model = 'm'", "something else than tables"),
        ("c.toml", "[[case", "is not TOML"),
        ("c.jsonl", '{"model": "m"}\n{"model": }', "line 2 is not JSON"),
        ("c.jsonl", "[]", "line 1: : input should be"),
        ("c.jsonl", "\n", "holds no case"),
        (
            "c.jsonl",
            '{"decode_points": [[0, 8]]}',
            "line 1: decode_points.0.0: input",
        ),
        ("c.jsonl", '{"timeout": "soon"}', "line 1: timeout: input should be a valid number"),
    ],
)
def test_a_file_that_is_wrong_says_where(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=message):
        read_file(str(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tensor-paralel-size": 2}, "vLLM has no option --tensor-paralel-size"),
        ({"tensor-parallel-size": "two"}, "is not a whole number"),
        ({"load-format": "auto"}, "--load-format is not for planner measure"),
        ({"nnodes": 2}, "--nnodes is not for planner measure"),
    ],
)
def test_options_that_cannot_be_are_told(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    import json

    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"model": "m", "options": options}), encoding="utf-8")
    with pytest.raises(PlannerError, match=message):
        cases([], [VllmArguments()], [str(path)], DEFAULT)


def test_a_case_without_a_model_is_refused() -> None:
    with pytest.raises(UsageError, match="no model is named"):
        cases([], [VllmArguments()], [], DEFAULT)


def test_the_key_depends_on_all_that_changes_the_figures() -> None:
    case = Case(model="m", arguments=VllmArguments(tensor_parallel_size=2))
    keys = {
        case.key({"config": "a"}),
        case.key({"config": "b"}),
        Case(model="m").key({"config": "a"}),
        Case(model="m", environment={"NCCL_DEBUG": "INFO"}).key({"config": "a"}),
        Case(model="m", speed=SpeedPlan(decode_batches=(1,))).key({"config": "a"}),
        Case(model="m", speed=SpeedPlan(decode_points=((1, 8192),))).key({"config": "a"}),
    }
    assert len(keys) == 6
    same = Case(model="other name", arguments=case.arguments, timeout_s=5, label="x")
    assert same.key({"config": "a"}) == case.key({"config": "a"})
