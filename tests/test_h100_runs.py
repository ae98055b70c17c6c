"""Own runs on an H100: what is predicted of each, against what vLLM counted to the byte."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner import estimate

if TYPE_CHECKING:
    from planner.plan import KvCache, Stage

RUNS = Path(__file__).parent / "data" / "h100_runs" / "runs.csv"
MIB = 1 << 20
#: the weights of the run are not those of a checkpoint: the README says why
_OTHER_WEIGHTS = {"eagle3", "modelopt-nvfp4", "moe-nvfp4"}
#: the draft model's own run is not counted
_DRAFTS = {"eagle3"}
#: vLLM had not read which modules stay in 16 bits, so that other kernels ran
_OTHER_KERNELS = {"moe-nvfp4"}


def _rows() -> dict[str, dict[str, str]]:
    with RUNS.open(encoding="utf-8", newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file) if row["weights_bytes"]}


ROWS = _rows()


@cache
def _predicted(case: str) -> tuple[Stage, KvCache]:
    row = ROWS[case]
    options: dict[str, Any] = {
        flag.lstrip("-").replace("-", "_"): value
        for flag, value in json.loads(row["options"]).items()
        # how a kernel is chosen is no option of the Python API
        if flag != "--additional-config"
    }
    answer = estimate(
        model=row["model"],
        gpus="H100",
        offline=True,
        vllm_version="0.26",
        calibration=False,
        environment=json.loads(row["environment"]),
        **{"gpu_memory_utilization": 0.92, **options},
    )
    (layout,) = answer.layouts
    assert layout.memory is not None
    assert layout.kv_cache is not None
    return layout.memory.stages[0], layout.kv_cache


@pytest.mark.parametrize("case", sorted(set(ROWS) - _OTHER_WEIGHTS))
def test_weights_are_right_to_one_percent_or_to_the_byte(case: str) -> None:
    measured = int(ROWS[case]["weights_bytes"])
    predicted = _predicted(case)[0].weights_bytes
    assert abs(predicted - measured) <= 0.01 * measured
    if ROWS[case]["quantization"] == "" and case.startswith(("base", "tokens", "seqs", "float")):
        assert predicted == measured


@pytest.mark.parametrize("case", sorted(set(ROWS) - _DRAFTS - _OTHER_KERNELS))
def test_activations_are_right_to_sixteen_mebibytes_and_lie_in_their_interval(case: str) -> None:
    stage, _ = _predicted(case)
    low, high = stage.interval["activation_bytes"]
    measured = int(ROWS[case]["peak_activation_bytes"])
    assert abs(stage.activation_bytes - measured) <= 16 * MIB
    assert low <= measured <= high


def test_most_starts_have_the_room_for_keys_and_values_that_is_predicted() -> None:
    cases = [case for case in ROWS if ROWS[case]["kv_tokens"] and case not in _OTHER_WEIGHTS]
    errors = sorted(
        abs(_predicted(case)[1].tokens / int(ROWS[case]["kv_tokens"]) - 1) for case in cases
    )
    assert errors[len(errors) // 2] < 0.0025
    assert sum(error < 0.01 for error in errors) >= len(errors) - 3
