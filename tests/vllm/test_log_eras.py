"""Logs of every form that vLLM 0.6 to 0.33 prints give the figures that are in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.units import GIB
from planner.vllm.log import LogFacts, Printed, RankFacts, read_lines, read_log
from tests.log_writer import DATA, ERAS, Written, h200_runs, text


def facts_of(run: Written) -> LogFacts:
    return read_lines(text(run).splitlines(keepends=True))


def one(name: str) -> LogFacts:
    return read_log(DATA / f"{name}.log")


def gib(size: Printed | None) -> float | None:
    return None if size is None else round(size.size_bytes / GIB, 4)


def sizes(rank: RankFacts) -> dict[str, float | None]:
    names = ("weights", "activation", "non_torch", "kv_cache", "graphs", "graphs_estimated")
    return {name: gib(getattr(rank, name)) for name in names}


@pytest.mark.parametrize("version", ERAS)
@pytest.mark.parametrize("tp", [1, 2])
def test_every_era_tells_version_model_layout_weights_and_room(version: str, tp: int) -> None:
    run = Written(version=version, tp=tp)
    facts = facts_of(run)
    assert facts.version == version
    assert facts.model == "Qwen/Qwen2.5-7B-Instruct"
    assert facts.arguments.tensor_parallel_size == tp
    assert facts.arguments.max_model_len == 32768
    assert facts.arguments.max_num_batched_tokens == 16384
    assert facts.arguments_known
    assert facts.started
    assert not facts.errors
    assert not facts.notes
    assert len(facts.ranks) == (1 if run.number < (0, 8) else tp)
    for rank in facts.ranks:
        assert gib(rank.weights) == 14.29
        assert rank.kv_cache is not None
        assert rank.kv_cache.size_bytes / GIB == pytest.approx(run.room, abs=0.006)


@pytest.mark.parametrize("version", [v for v in ERAS if v != "0.8.5"])
def test_where_a_release_prints_its_terms_they_are_read(version: str) -> None:
    run = Written(version=version)
    (rank,) = facts_of(run).ranks
    assert rank.activation is not None
    assert rank.non_torch is not None
    assert rank.activation.size_bytes / GIB == pytest.approx(2.15, abs=0.011)
    assert rank.non_torch.size_bytes / GIB == pytest.approx(0.22, abs=0.011)
    assert gib(rank.graphs) == 0.89
    assert rank.total is not None
    assert gib(rank.total) == 139.8


@pytest.mark.parametrize("version", ["0.22.0", "0.26.0", "0.33.0"])
def test_the_estimate_of_graphs_is_apart_from_the_activation_peak(version: str) -> None:
    run = Written(version=version, graphs_estimated=0.58)
    (rank,) = facts_of(run).ranks
    assert gib(rank.graphs_estimated) == 0.58
    assert rank.activation is not None
    assert rank.activation.size_bytes / GIB == pytest.approx(2.15, abs=0.011)


def test_an_estimate_that_was_not_taken_off_is_none() -> None:
    (rank,) = facts_of(Written(version="0.19.0", graphs_estimated=0.58)).ranks
    assert rank.graphs_estimated is None
    assert gib(rank.activation) == 2.15


@pytest.mark.parametrize("run", h200_runs(), ids=lambda run: run.model.split("/")[-1])
def test_the_measured_starts_are_read_to_the_last_digit(run: Written) -> None:
    facts = facts_of(run)
    assert facts.version == "0.26.0"
    assert facts.runner == ("v2" if run.runner == "v2" else None)
    assert facts.kv_tokens == run.tokens
    assert facts.max_concurrency == run.concurrency
    assert facts.concurrency_tokens == 32768
    assert facts.board == "NVIDIA_H200"
    assert not facts.notes
    assert len(facts.ranks) == run.tp
    for number, rank in enumerate(facts.ranks):
        assert rank.tp_rank == (number if run.tp > 1 else None)
        for name in ("weights", "activation", "non_torch", "kv_cache", "graphs"):
            assert getattr(rank, name).size_bytes == round(getattr(run, name) * GIB), name
            assert getattr(rank, name).step_bytes <= GIB // 10_000


def test_gb_of_old_releases_means_gib() -> None:
    facts = one("0.6.3-one-gpu")
    assert facts.release == "0.6"
    (rank,) = facts.ranks
    assert sizes(rank) == {
        "weights": 14.9888,
        "activation": 1.2212,
        "non_torch": 0.51,
        "kv_cache": 54.48,
        "graphs": 0.26,
        "graphs_estimated": None,
    }
    assert (facts.gpu_blocks, facts.cpu_blocks) == (27893, 2048)
    assert facts.max_concurrency == 54.48
    assert facts.arguments.max_num_seqs == 256
    assert facts.config.enforce_eager is False
    assert facts.config.dtype == "bfloat16"


def test_the_fullest_of_two_old_workers_is_told_apart() -> None:
    facts = one("0.7.3-two-workers")
    assert [gib(rank.activation) for rank in facts.ranks] == [1.46, 1.4]
    assert [gib(rank.kv_cache) for rank in facts.ranks] == [19.53, 19.59]
    assert not facts.arguments_known
    assert facts.arguments.enforce_eager is True
    assert facts.captured is not None
    assert facts.captured.full == 0


def test_seconds_are_the_slowest_ranks() -> None:
    facts = one("0.8.5-first-v1")
    assert facts.seconds == {
        "load_model": 3.742211,
        "read_weights": 2.84,
        "compile": 29.96,
        "capture_graphs": 22.0,
        "init_engine": 58.87,
    }
    assert facts.config.compiled is True
    assert [rank.tp_rank for rank in facts.ranks] == [0, 1]


def test_ray_workers_of_two_hosts_keep_their_stages() -> None:
    facts = one("0.10.2-ray-pipeline")
    places = [(rank.pp_rank, rank.tp_rank, gib(rank.kv_cache)) for rank in facts.ranks]
    assert [(pp, tp) for pp, tp, _ in places] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [room for *_, room in places] == [34.38, 34.38, 33.97, 33.97]
    # each worker of this release prints its own, and the fewest blocks count
    assert facts.kv_tokens == 445_248
    assert facts.max_concurrency == 27.18
    assert facts.arguments.distributed_executor_backend == "ray"


def test_graphs_are_as_many_as_the_progress_bars_count() -> None:
    facts = one("0.22-graphs-set-aside")
    assert facts.captured is not None
    assert (facts.captured.piecewise, facts.captured.full) == (5, 5)
    assert facts.board == "NVIDIA_H100_80GB_HBM3"
    assert [gib(rank.graphs_estimated) for rank in facts.ranks] == [0.13, 0.13]


def test_what_was_consumed_is_split_into_weights_and_the_rest() -> None:
    (rank,) = one("0.33-consumed").ranks
    assert gib(rank.non_torch) == 0.14
    assert gib(rank.activation) == 0.22
    assert gib(rank.graphs_estimated) == 0.57


def test_a_request_that_does_not_fit_says_what_it_needs() -> None:
    facts = one("0.15-request-too-long")
    assert (gib(facts.kv_needed), gib(facts.kv_available)) == (5.62, 3.96)
    assert facts.longest == 28832
    assert facts.stage == "capture"
    assert [error.text.split(":")[0] for error in facts.errors] == ["ValueError", "RuntimeError"]


def test_room_can_be_negative() -> None:
    (rank,) = one("0.11.0-no-room").ranks
    assert gib(rank.kv_cache) == -1.21


def test_a_refused_layout_is_an_error_before_anything_is_loaded() -> None:
    facts = one("0.20-heads")
    assert facts.stage == "start"
    assert facts.errors[-1].text == (
        "Total number of attention heads (28) must be divisible by tensor parallel size (8)."
    )


def test_parts_that_do_not_add_up_are_left_out_with_a_note() -> None:
    run = Written(version="0.26.0")
    facts = facts_of(replace(run, kv_cache=run.room + 3))
    (rank,) = facts.ranks
    assert gib(rank.weights) == 14.29
    assert rank.activation is None
    assert rank.non_torch is None
    assert rank.kv_cache is None
    assert "miss the share of 128.62 GiB by 3.00 GiB" in facts.notes[0]


def test_a_size_that_one_process_prints_twice_differently_is_left_out() -> None:
    log = text(Written(version="0.8.5"))
    facts = read_lines((log + log.replace("14.2900", "28.5800")).splitlines())
    assert facts.starts == 2
    again = "INFO [model_runner.py:1] Model loading took 28.5800 GiB and 2.5 seconds"
    facts = read_lines([*log.splitlines()[:6], again, *log.splitlines()[6:]])
    (rank,) = facts.ranks
    assert rank.weights is None
    assert facts.notes == ("weights of one process is printed with different figures: left out",)


@pytest.mark.parametrize(
    ("printed", "model"),
    [
        ("/root/.cache/huggingface/hub/models--Qwen--Qwen3-8B/snapshots/b968826d", "Qwen/Qwen3-8B"),
        ("/models/llama", "/models/llama"),
    ],
)
def test_a_snapshot_of_the_hub_is_its_id(printed: str, model: str) -> None:
    assert facts_of(Written(model=printed)).model == model


def test_a_logo_tells_the_version() -> None:
    logo = "(APIServer pid=1) INFO 04-19 15:30:52 [utils.py:299]  ▄▄ ▄█ █     █  version 0.19.2rc1"
    facts = read_lines([logo])
    assert (facts.version, facts.release) == ("0.19.2rc1", "0.19")


def test_a_shell_that_prints_the_command_tells_the_options() -> None:
    facts = read_lines(["+ exec vllm serve Qwen/Qwen3-8B -tp 2 --max-num-seqs 64 --enforce-eager"])
    assert facts.model == "Qwen/Qwen3-8B"
    assert facts.arguments.tensor_parallel_size == 2
    assert facts.arguments.max_num_seqs == 64
    assert facts.arguments.enforce_eager is True


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("0.26.1rc1.dev608+g99a10304d", "0.26"),
        ("0.11.0rc0", "0.11"),
        ("0.4.1+cu118", "0.4"),
        ("0.1.dev20800+g569215ca8.d20260914", None),
        ("dev", None),
        ("0.33.0", "0.33"),
    ],
)
def test_the_release_behind_a_version(version: str, release: str | None) -> None:
    assert replace(one("0.33-consumed"), version=version).release == release
