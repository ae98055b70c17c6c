"""What the compiler tries the embedding's kernel on, against own starts that compiled anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.units import MIB
from tests.memory.stages_of import stages_of

if TYPE_CHECKING:
    from planner.plan import Stage

SMALL = {"max_num_batched_tokens": 512, "max_num_seqs": 16}


def stage(
    model: str, options: dict[str, Any], gpus: str = "1xH200", version: str = "0.26"
) -> Stage:
    return stages_of(
        model, gpus, vllm_version=version, **{"gpu_memory_utilization": 0.92, **options}
    )[0]


# peak_activation_bytes, or what share, weights and room leave: tests/data/h100_runs, h200_runs
@pytest.mark.parametrize(
    ("model", "options", "measured_mib"),
    [
        ("Qwen/Qwen3-8B", {}, 1316.06),
        ("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic", {"max_model_len": 32768}, 2324.06),
        ("Qwen/Qwen3-32B-AWQ", {}, 1644.06),
        ("google/gemma-3-27b-it", {"language_model_only": True, "max_model_len": 32768}, 2856.71),
    ],
)
def test_a_second_embedding_is_the_peak(
    model: str, options: dict[str, Any], measured_mib: float
) -> None:
    found = stage(model, options)
    assert found.activation_bytes / MIB == pytest.approx(measured_mib, abs=0.5)
    low, high = found.interval["activation_bytes"]
    # a start that finds its code compiled does not try it
    assert low / MIB < measured_mib - 100
    assert measured_mib < high / MIB


@pytest.mark.parametrize(
    ("model", "version", "options"),
    [
        ("Qwen/Qwen3-8B", "0.26", {"enforce_eager": True}),
        ("Qwen/Qwen3-8B", "0.26", {"compilation_config": {"mode": 0}}),
        ("Qwen/Qwen3-8B", "0.11", {}),
        ("Qwen/Qwen3-VL-8B-Instruct", "0.26", {"max_model_len": 32768}),
    ],
)
def test_nothing_is_tried_outside_compiled_code(
    model: str, version: str, options: dict[str, Any]
) -> None:
    fewer = stage(model, {**SMALL, **options}, version=version)
    assert fewer.activation_bytes < 600 * MIB


def test_ranks_try_their_part_of_the_table() -> None:
    alone = stage("Qwen/Qwen3-8B", {**SMALL, "data_parallel_size": 4}, "4xH200")
    shared = stage("Qwen/Qwen3-8B", {**SMALL, "tensor_parallel_size": 4}, "4xH200")
    assert 3.5 < alone.activation_bytes / shared.activation_bytes < 4.5
