from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import PlannerError, UsageError
from planner.explore.change import (
    freed,
    read_value,
    shown,
    typed,
    value_of,
    with_layout,
    with_value,
)
from planner.explore.knob import SIZES, Knob, find_knob, knobs
from planner.explore.ladder import NOTHING_COUNTS, Counts, place_of, rungs, turned
from planner.explore.look import look, others
from planner.explore.mend import mended
from planner.finding import Finding, Origin, Repair, Severity
from planner.request import Request, request
from planner.resolve import PARTITION

if TYPE_CHECKING:
    from pathlib import Path


def a_finding(fix: str) -> Finding:
    return Finding(
        code="PAR001",
        name="x",
        severity=Severity.ERROR,
        origin=Origin.VLLM,
        message="m",
        fix=fix,
    )


def test_every_field_with_a_knob_is_read_and_written_under_its_own_name() -> None:
    for knob in knobs():
        for value in rungs(knob, NOTHING_COUNTS)[:3]:
            changed = with_value(Request(), knob, value)
            nothing = False if knob.kind == "switch" else 1
            expected = None if knob.name in SIZES and value == nothing else value
            assert value_of(changed, knob) == expected, knob


def test_every_knob_says_what_it_is() -> None:
    assert [knob.name for knob in knobs() if not knob.help] == []
    assert len({knob.name for knob in knobs()}) == len(knobs())


def test_workload_and_targets_are_all_there_because_they_come_from_the_records() -> None:
    names = {knob.name for knob in knobs()}
    assert {"input_tokens", "concurrency", "request_rate", "ttft_ms", "tpot_ms"} <= names
    assert {"objective", "max_cost", "tensor_parallel_size", "max_model_len"} <= names


@pytest.mark.parametrize("knob", [k for k in knobs() if k.kind != "text"], ids=lambda k: k.name)
@given(by=st.lists(st.sampled_from([-4, -1, 1, 4]), max_size=12))
def test_turning_stays_on_the_ladder_and_one_step_back_undoes_one_forth(
    knob: Knob, by: list[int]
) -> None:
    value = knob.default
    for step in by:
        value = turned(knob, NOTHING_COUNTS, value, step)
        assert value in {*rungs(knob, NOTHING_COUNTS), knob.default}
    ladder = rungs(knob, NOTHING_COUNTS)
    middle = ladder[len(ladder) // 2]
    assert turned(knob, NOTHING_COUNTS, turned(knob, NOTHING_COUNTS, middle, 1), -1) == middle
    assert 0.0 <= place_of(knob, NOTHING_COUNTS, middle) <= 1.0


def test_a_value_between_two_rungs_goes_to_the_next_one_on_either_side() -> None:
    knob = find_knob("max_num_seqs")
    assert turned(knob, NOTHING_COUNTS, 200, 1) == 256
    assert turned(knob, NOTHING_COUNTS, 200, -1) == 192


def test_an_open_value_is_turned_from_what_counts_instead() -> None:
    knob = find_knob("max_model_len")
    counts = Counts(effective={"max_model_len": 32768}, largest={"max_model_len": 40960})
    assert turned(knob, counts, None, 1) == 40960
    assert turned(knob, counts, None, -1) == 24576
    assert turned(knob, counts, 40960, 1) == 40960


def test_below_the_least_target_there_is_none() -> None:
    knob = find_knob("ttft_ms")
    first = turned(knob, NOTHING_COUNTS, None, 1)
    assert first is not None
    assert turned(knob, NOTHING_COUNTS, first, -1) is None


@pytest.mark.parametrize("knob", [k for k in knobs() if k.kind != "text"], ids=lambda k: k.name)
def test_what_is_shown_for_typing_is_read_back(knob: Knob) -> None:
    for value in rungs(knob, NOTHING_COUNTS)[:5]:
        if knob.kind != "switch":
            assert read_value(knob, typed(value)) == value
        assert shown(knob, value)


def test_a_human_size_is_read_as_vllm_reads_it() -> None:
    assert read_value(find_knob("max_model_len"), "32K") == 32768
    assert read_value(find_knob("max_model_len"), "auto") == "auto"
    assert read_value(find_knob("gpus"), "2x8xA100 8xH100") == ("2x8xA100", "8xH100")
    assert read_value(find_knob("concurrency"), "") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [("max_num_seqs", "many"), ("gpu_memory_utilization", "1.7"), ("objective", "fame")],
)
def test_what_is_no_value_is_refused_with_a_remedy(name: str, text: str) -> None:
    with pytest.raises(PlannerError):
        read_value(find_knob(name), text)


def test_another_layout_drops_the_division_of_layers_of_the_old_one() -> None:
    asked = request(
        model="m", gpus="8xH100", pipeline_parallel_size=2, environment={PARTITION: "30,31"}
    )
    changed = with_value(asked, find_knob("pipeline_parallel_size"), 4)
    assert PARTITION not in changed.environment


def test_taking_a_layout_and_looking_at_it_finds_the_layout_that_was_offered() -> None:
    asked = request(model="deepseek-ai/DeepSeek-R1", gpus="2x8xA100", offline=True)
    offered = others(asked, {})
    for layout in offered.layouts:
        view = look(with_layout(asked, layout, offered.hardware), {})
        assert view.layout is not None
        assert view.layout.kv_cache == layout.kv_cache
        assert view.layout.fit == layout.fit
    assert freed(with_layout(asked, offered.layouts[0], offered.hardware)) == freed(asked)


def test_taking_a_shortened_context_asks_for_what_fits() -> None:
    asked = request(model="Qwen/Qwen2.5-7B-Instruct-1M", gpus="1xL4", offline=True)
    offered = others(asked, {})
    first = offered.layouts[0]
    assert first.kv_cache is not None
    assert first.kv_cache.max_model_len_reduced
    view = look(with_layout(asked, first, offered.hardware), {})
    assert view.layout is not None
    assert view.layout.fit.verdict == first.fit.verdict


@pytest.mark.parametrize(
    ("fix", "pinned"),
    [
        ("use --tensor-parallel-size 2 or 4 or 8", {"tensor_parallel_size": 2}),
        ("use --gpu-memory-utilization 0.93 or less", {"gpu_memory_utilization": 0.93}),
        ("use --max-num-batched-tokens 512 or --max-num-seqs 64", {"max_num_batched_tokens": 512}),
        (
            "use --tensor-parallel-size 8 --pipeline-parallel-size 2, or allow it: --allow PAR003",
            {"tensor_parallel_size": 8, "pipeline_parallel_size": 2},
        ),
        ("use --dtype float32, which takes twice the memory", {"dtype": "float32"}),
        ("use more GPUs, a quantized model, or --kv-cache-dtype fp8", {"kv_cache_dtype": "fp8"}),
        ("add --enable-expert-parallel, or use fewer ranks", {"enable_expert_parallel": True}),
        (
            "use --max-model-len 4096, or VLLM_ALLOW_LONG_MAX_MODEL_LEN=1 at your own risk",
            {"max_model_len": 4096},
        ),
    ],
)
def test_a_fix_does_the_first_thing_its_sentence_names(fix: str, pinned: dict[str, object]) -> None:
    changed = mended(Request(), a_finding(fix))
    assert changed is not None
    assert changed.pinned.given() == pinned


def test_of_several_sizes_the_largest_is_taken_that_needs_no_more_gpus() -> None:
    changed = mended(
        request(tensor_parallel_size=6), a_finding("use --tensor-parallel-size 2 or 4 or 8")
    )
    assert changed is not None
    assert changed.pinned.tensor_parallel_size == 4


def test_what_a_finding_holds_as_data_goes_before_its_sentence() -> None:
    repair = Repair(
        options={
            "--max-model-len": ("--max-model-len", "4096"),
            "--enable-expert-parallel": (),
        }
    )
    found = replace(a_finding("use --max-model-len 8192"), repair=repair)
    changed = mended(request(enable_expert_parallel=True, max_model_len=9000), found)
    assert changed is not None
    assert changed.pinned.given() == {"max_model_len": 4096}


def test_a_fix_that_leaves_an_option_out_or_allows_a_rule_does_so() -> None:
    with_ep = request(enable_expert_parallel=True)
    without = mended(with_ep, a_finding("leave out --enable-expert-parallel"))
    assert without is not None
    assert without.pinned.given() == {}
    allowed = mended(Request(), a_finding("choose whole groups, or allow it: --allow PAR003"))
    assert allowed is not None
    assert allowed.allow == ("PAR003",)


@pytest.mark.parametrize(
    "fix",
    [
        "",
        "take a newer board",
        "use more GPUs (--tensor-parallel-size, --pipeline-parallel-size) or a quantized model",
        "use more GPUs, a quantized model, or a smaller --max-num-batched-tokens",
    ],
)
def test_a_fix_that_names_no_value_changes_nothing(fix: str) -> None:
    assert mended(Request(), a_finding(fix)) is None


def test_a_choice_that_is_none_names_the_choices() -> None:
    with pytest.raises(UsageError) as refused:
        read_value(find_knob("arrival"), "sometimes")
    assert "steady" in refused.value.fix


def test_one_length_for_all_takes_the_place_of_a_kind_of_requests() -> None:
    asked = with_value(request(model="m", workload="rag"), find_knob("input_tokens"), 100)

    assert asked.workload.lengths is None
    assert asked.workload.input_tokens == 100


def test_a_kind_of_requests_brings_its_lengths_and_leaving_it_takes_them_away() -> None:
    knob = find_knob("workload")
    asked = with_value(request(concurrency=8), knob, "rag")
    assert asked.workload == request(workload="rag", concurrency=8).workload
    assert (value_of(asked, knob), shown(knob, None)) == ("rag", "all alike")
    assert with_value(asked, knob, None) == request(concurrency=8)


def test_a_file_of_requests_may_be_typed(tmp_path: Path) -> None:
    knob, file = find_knob("workload"), tmp_path / "mine.jsonl"
    file.write_text('{"input_tokens": 30, "output_tokens": 5}\n', encoding="utf-8")
    name = read_value(knob, str(file))
    asked = with_value(request(model="m"), knob, name)
    assert (asked.workload.input_tokens, asked.workload.output_tokens) == (30, 5)
    # from a file one turns to the first of the kinds, and never back to what is not on the ladder
    assert turned(knob, NOTHING_COUNTS, name, 1) in knob.choices
    with pytest.raises(PlannerError, match="no workload is called chats"):
        read_value(knob, "chats")
