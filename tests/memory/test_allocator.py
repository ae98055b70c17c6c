"""Weights as vLLM's line counts them, against starts that print them to six digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from planner.constants import term
from planner.estimate import estimate
from planner.layout import Layouts
from planner.request import request
from planner.resolve import resolve, table
from planner.units import GIB, MIB
from tests.memory.stages_of import stages_of

if TYPE_CHECKING:
    from planner.case import Case

KIB = 1024
QWEN = "Qwen/Qwen2.5-{}-Instruct"
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
MIXTRAL = "mistralai/Mixtral-8x7B-Instruct-v0.1"
H200 = "H200 0.26"
T4 = "T4 0.8"


# own runs of vLLM 0.26.0 on H200s with dummy weights; the T4's is a public start-up log
@pytest.mark.parametrize(
    ("model", "where", "tp", "printed_gib"),
    [
        (QWEN.format("0.5B"), H200, 1, 0.927687),
        (QWEN.format("0.5B"), H200, 2, 0.464285),
        (QWEN.format("7B"), H200, 1, 14.289737),
        (LLAMA, H200, 1, 15.004464),
        (LLAMA, H200, 4, 3.789619),
        (MIXTRAL, H200, 1, 86.998604),
        (MIXTRAL, H200, 2, 43.506416),
        pytest.param(QWEN.format("1.5B"), T4, 1, 2.8875, id="printed to four digits"),
    ],
)
def test_weights_are_what_vllm_printed(model: str, where: str, tp: int, printed_gib: float) -> None:
    board, version = where.split()
    stage = stages_of(model, f"{tp}x{board}", vllm_version=version, tensor_parallel_size=tp)[0]
    digits = 50 * KIB if where == T4 else 1 * KIB
    assert stage.weights_bytes == pytest.approx(printed_gib * GIB, abs=digits)


def test_a_latent_model_with_yarn_is_within_a_tenth_of_a_percent() -> None:
    # 22 MiB are missing, as many as one layer's shared experts have
    stage = stages_of("deepseek-ai/DeepSeek-V2-Lite", "H200", vllm_version="0.26")[0]
    assert stage.weights_bytes == pytest.approx(29.341352 * GIB, rel=0.001)


def test_awq_that_machete_lays_out_anew_is_within_two_mebibytes() -> None:
    stage = stages_of("Qwen/Qwen2.5-7B-Instruct-AWQ", "H200", vllm_version="0.26")[0]
    assert stage.weights_bytes == pytest.approx(5.375942 * GIB, abs=2 * MIB)


def test_awq_that_marlin_lays_out_anew_is_within_a_tenth_of_a_percent() -> None:
    # a public log: vLLM 0.11, an A10, four digits
    model = "Qwen/Qwen2.5-VL-7B-Instruct-AWQ"
    stage = stages_of(model, "A10", vllm_version="0.11", max_model_len=32768)[0]
    assert stage.weights_bytes == pytest.approx(6.5936 * GIB, rel=0.001)


def test_the_limit_came_with_021_and_both_runners_share_it() -> None:
    before = term("allocator", (0, 20), "hopper", "v1")["split_limit_bytes"].mid
    since = [term("allocator", (0, 21), "hopper", runner) for runner in ("v1", "v2")]
    assert before == 2**62
    assert {constants["split_limit_bytes"].mid for constants in since} == {20 * MIB}


def test_blocks_that_may_be_cut_cost_less() -> None:
    lost = [
        stages_of(QWEN.format("7B"), "H200", vllm_version=version)[0].allocator_bytes
        for version in ("0.20", "0.26")
    ]
    assert lost[0] < 58 * MIB < 99 * MIB < lost[1]


def case_of(model: str, layouts: Layouts) -> Case:
    subject = resolve(request(model=model, gpus="16x8xH100", offline=True), {})
    return table(subject, subject.groups[0], layouts)


@pytest.mark.parametrize("model", [LLAMA, "Qwen/Qwen3-Next-80B-A3B-Instruct"])
def test_one_row_loses_what_the_same_row_of_many_does(model: str) -> None:
    tp = np.array([1, 2, 2, 4, 8, 1], dtype=np.int64)
    pp = np.array([1, 1, 4, 2, 3, 5], dtype=np.int64)
    one = np.ones_like(tp)
    layouts = Layouts(tp=tp, pp=pp, dp=one, ep=one > 1, dcp=one)
    together = case_of(model, layouts).budget.allocator_bytes
    for row in range(len(tp)):
        alone = case_of(model, layouts.take(np.array([row]))).budget.allocator_bytes
        assert alone[0].tolist() == together[row, : pp[row]].tolist()
    assert (together >= 0).all()


def test_nothing_is_lost_where_tensors_move_to_the_host_one_by_one() -> None:
    asked = request(model=LLAMA, gpus="H100", offline=True, cpu_offload_gb=4)
    memory = estimate(asked, {}).layouts[0].memory
    assert memory is not None
    assert memory.stages[0].allocator_bytes == 0
