"""``planner measure`` on real vLLM, a tiny model, without a GPU."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from planner.cli.app import run
from planner.runtime.measure.results import MEASURED, read_results
from planner.runtime.measure.terms import log_facts
from tests.e2e.conftest import OPTIONS
from tests.e2e.processes import of_vllm, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.runtime.measure.results import Measurement

ROOT = Path(__file__).parents[2]
POINTS = ("--prefill-tokens", "64,4096", "--decode-batches", "1,4", "--decode-context", "64")
pytestmark = pytest.mark.e2e


@pytest.fixture
def measured(
    cpu: Path, vllm_python: str, tiny_model: Path
) -> Callable[..., dict[str, Measurement]]:
    def measure(*arguments: str, code: int = 0) -> dict[str, Measurement]:
        command = ["measure", "--model", str(tiny_model), "--python", vllm_python]
        assert run([*command, *OPTIONS, *arguments]) == code
        return {each.name: each for each in read_results(cpu / "measurements.jsonl")}

    return measure


def test_one_rank_and_two_are_measured_and_a_rerun_measures_nothing(
    measured: Callable[..., dict[str, Measurement]],
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = measured("-tp", "1,2", *POINTS)
    one, two = found["tiny-tp1"], found["tiny-tp2"]
    assert (one.outcome, two.outcome) == (MEASURED, MEASURED)
    assert one.software["platform"] == "cpu"
    assert [rank["rank"] for rank in two.ranks] == [0, 1]
    assert {rank["kv_cache_bytes"] for rank in two.ranks} == {2**30}
    # the heads are divided, so that each rank holds half of a token
    assert two.engine["num_gpu_blocks"] == 2 * one.engine["num_gpu_blocks"]
    for each in (one, two):
        timed = [(p["kind"], p["batch"]) for p in each.speed if "seconds" in p]
        assert timed == [("prefill", 1), ("decode", 1), ("decode", 4)]
        (longer,) = [p for p in each.speed if "skipped" in p]
        assert longer["skipped"] == "longer than max_model_len 512"
        facts = log_facts(each)
        assert facts is not None
        assert facts.model == str(tiny_model)
        tokens = each.engine["num_gpu_blocks"] * each.engine["block_size"]
        assert facts.kv_tokens == tokens
        assert facts.arguments.max_model_len == 512
    begun = time.monotonic()
    assert measured("-tp", "1,2", *POINTS) == found
    assert time.monotonic() - begun < 10
    assert "2 of 2 cases are in measurements.jsonl already" in capsys.readouterr().err


def test_replicas_are_measured_through_their_own_client(
    measured: Callable[..., dict[str, Measurement]],
) -> None:
    (found,) = measured("-dp", "2", *POINTS).values()
    assert found.outcome == MEASURED
    assert sorted(rank["data_parallel_rank"] for rank in found.ranks) == [0, 1]
    assert sum("seconds" in point for point in found.speed) == 3


def test_what_vllm_refuses_is_told_in_its_words(
    measured: Callable[..., dict[str, Measurement]],
) -> None:
    (found,) = measured("-tp", "3", "--no-speed", code=4).values()
    assert found.outcome == "failed"
    assert "must be divisible by tensor parallel size (3)" in found.end["error"]


def test_a_planner_that_is_killed_leaves_no_process_of_vllm(
    cpu: Path, vllm_python: str, tiny_model: Path
) -> None:
    command = ["measure", "--model", str(tiny_model), "--python", vllm_python, *OPTIONS]
    # short, as vLLM's sockets lie there; what the killed planner cannot remove goes with it
    with tempfile.TemporaryDirectory(prefix="e2e-") as temporary:
        planner = subprocess.Popen(
            [sys.executable, "-m", "planner", *command, "-tp", "2"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": temporary},
        )
        try:
            # the workers load the model: the engine, two of them and their helpers run
            assert until(lambda: len(of_vllm(vllm_python)) >= 4, 120)
        finally:
            planner.kill()
            planner.wait()
        assert until(lambda: not of_vllm(vllm_python), 60), of_vllm(vllm_python)
    (cut,) = read_results(cpu / "measurements.jsonl")
    assert cut.outcome == "interrupted"
