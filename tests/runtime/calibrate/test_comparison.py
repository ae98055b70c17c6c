"""The measured starts are predicted within the published figures, and differences are explained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from planner.errors import UsageError
from planner.request import Request, request
from planner.runtime.calibrate.comparison import compare
from planner.runtime.calibrate.logged_run import LoggedRun, logged_run
from planner.units import GIB
from planner.vllm.log import LogFacts, read_lines, read_log
from tests.log_writer import DATA, Written, h200_runs, text

if TYPE_CHECKING:
    from planner.runtime.calibrate.figures import Term

#: by how much room, tokens and weights may be off; the median is far below
ROOM, WEIGHTS = 0.007, 0.0015


def run_of(facts: LogFacts, **options: object) -> LoggedRun:
    return logged_run(facts, request(offline=True, **options), {})


def facts_of(run: Written) -> LogFacts:
    return read_lines(text(run).splitlines(keepends=True))


def terms_of(run: LoggedRun) -> dict[str, Term]:
    return {term.name: term for term in compare(run) if term.stage in {0, None}}


@pytest.mark.parametrize("written", h200_runs(), ids=lambda run: run.model.split("/")[-1])
def test_the_measured_starts_come_out_within_the_figures(written: Written) -> None:
    run = run_of(facts_of(written))
    assert not run.obstacles
    terms = terms_of(run)
    assert terms["weights"].difference == pytest.approx(0, abs=WEIGHTS * written.weights * GIB)
    for name in ("activation", "non_torch", "graphs", "before"):
        assert terms[name].inside, name
    for name in ("kv_cache", "kv_tokens", "max_concurrency"):
        term = terms[name]
        assert term.difference == pytest.approx(0, abs=ROOM * term.actual), name
        assert term.explained is not None
        # all of it is explained by the terms before
        assert term.explained == pytest.approx(term.difference, abs=0.0005 * term.actual), name


def test_boards_and_number_of_gpus_come_from_the_log() -> None:
    run = run_of(facts_of(replace(h200_runs()[3])))
    (group,) = run.subject.groups
    assert (group.accelerator.id, group.gpus_per_node) == ("h200-sxm5-141gb", 4)
    assert run.case is not None
    assert run.case.group.accelerator.memory_bytes == round(139.80072 * GIB)


def test_a_log_without_a_board_asks_for_it_and_names_those_of_its_size() -> None:
    facts = replace(facts_of(Written()), board=None)
    with pytest.raises(UsageError, match="does not say on which GPUs") as caught:
        run_of(facts)
    assert "h200-sxm5-141gb" in caught.value.fix


def test_a_path_of_another_machine_asks_for_the_model() -> None:
    facts = facts_of(Written(model="./models/qwen"))
    with pytest.raises(UsageError, match="model of the log is not known here") as caught:
        run_of(facts)
    assert "--model" in caught.value.fix
    assert run_of(facts, model="Qwen/Qwen2.5-7B-Instruct").case is not None


def test_fewer_gpus_than_the_log_has_are_refused() -> None:
    with pytest.raises(UsageError, match="is of 4 GPUs"):
        run_of(facts_of(Written(tp=4)), gpus="H200")


def test_options_typed_beside_a_log_win() -> None:
    run = run_of(facts_of(Written()), max_num_seqs=8)
    assert run.case is not None
    assert run.case.settings.max_num_seqs == 8
    assert run.case.settings.max_num_batched_tokens == 16384


def test_graphs_of_other_sizes_explain_their_difference() -> None:
    run = run_of(read_log(DATA / "0.22-graphs-set-aside.log"))
    term = terms_of(run)["graphs"]
    assert term.why == "5 batch sizes were captured, not 51"
    assert term.explained == pytest.approx(term.difference, abs=0.1 * GIB)


def test_of_a_pipeline_each_stage_is_compared() -> None:
    run = run_of(read_log(DATA / "0.10.2-ray-pipeline.log"), gpus="2x8xA100")
    terms = compare(run)
    assert [(term.name, term.stage) for term in terms] == [("weights", 0), ("weights", 1)]
    assert run.weights_only
    assert "not recorded" in run.notes[0]


def test_where_parts_are_not_printed_their_sum_is_compared() -> None:
    log = [line for line in text(Written()).splitlines() if "Actual usage" not in line]
    terms = terms_of(run_of(read_lines(log)))
    assert {"activation", "non_torch"}.isdisjoint(terms)
    assert terms["overheads"].actual == pytest.approx(2.37 * GIB, abs=0.2 * GIB)


@pytest.mark.parametrize(
    ("given", "obstacle"),
    [
        ("'speculative_config': {'method': 'ngram', 'num_speculative_tokens': 3}, ", "speculative"),
        ("'enable_lora': True, ", "--enable-lora"),
        ("'offload_group_size': 8, ", "--offload-group-size"),
        ("'enable_sleep_mode': True, ", "--enable-sleep-mode"),
    ],
)
def test_what_is_not_told_apart_is_no_lesson(given: str, obstacle: str) -> None:
    run = run_of(facts_of(Written(given=given)))
    assert any(obstacle in reason for reason in run.obstacles)


@pytest.mark.parametrize(
    ("given", "version"),
    [("'cpu_offload_gb': 4, ", "0.26"), ("'enable_sleep_mode': True, ", "0.27")],
)
def test_what_moves_no_other_term_is_a_lesson(given: str, version: str) -> None:
    """Weights that stay away are told by the line of the weights; from 0.27 all is counted."""
    run = run_of(facts_of(Written(given=given)), vllm_version=version)
    assert not run.obstacles


def test_another_board_than_the_logs_is_no_lesson() -> None:
    run = run_of(facts_of(Written()), gpus="H100")
    assert run.obstacles == ("the GPUs are not those of the log",)


def test_a_version_that_nobody_numbers_is_judged_as_the_newest() -> None:
    facts = replace(facts_of(Written()), version="0.1.dev20800+g569215ca8")
    run = run_of(facts)
    assert run.subject.version.name == "0.33"
    assert run.obstacles
    assert not run_of(facts, vllm_version="0.26").obstacles


def test_the_request_of_a_log_takes_vllms_own_share() -> None:
    facts = replace(facts_of(Written(version="0.8.5")), ranks=())
    asked = Request(model="Qwen/Qwen2.5-7B-Instruct", gpus=("H200",))
    run = logged_run(replace(facts, version="0.15.0"), asked, {})
    assert run.case is not None
    assert run.case.settings.gpu_memory_utilization == 0.92
