"""Models on clusters that people ask for, and the figures that must come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner import estimate, recommend, validate
from planner.errors import UsageError
from planner.units import gib

if TYPE_CHECKING:
    from planner.plan import Answer, Layout, Memory

R1 = "deepseek-ai/DeepSeek-R1"
LLAMA_70B = "deepseek-ai/DeepSeek-R1-Distill-Llama-70B"
QWEN_7B = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"
QWEN_32B = "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B"
QWEN3_FP8 = "Qwen/Qwen3-235B-A22B-FP8"


def asked(model: str, gpus: str, **options: Any) -> Answer:  # noqa: ANN401 - vLLM's own
    known = {"offline": True, "vllm_version": "0.33", "calibration": False}
    return recommend(model=model, gpus=gpus, **known, **options)


def sizes(layout: Layout) -> tuple[int, int, int, bool]:
    return (
        layout.tensor_parallel_size,
        layout.pipeline_parallel_size,
        layout.data_parallel_size,
        layout.expert_parallel,
    )


def memory(layout: Layout) -> Memory:
    assert layout.memory is not None
    return layout.memory


def constructed_gib(layout: Layout) -> list[float]:
    return [round(gib(s.parameter_bytes + s.buffer_bytes), 1) for s in memory(layout).stages]


def codes(answer: Answer) -> set[str]:
    found = [*answer.findings, *(each for layout in answer.layouts for each in layout.findings)]
    return {each.code for each in found if each.severity == "error"}


def test_deepseek_r1_on_two_hosts_of_a100s_is_tp8_by_pp2_with_a_command_for_each() -> None:
    best = asked(R1, "2x8xA100").layouts[0]
    assert sizes(best) == (8, 2, 1, False)
    assert [stage.layers for stage in memory(best).stages] == [(0, 30), (31, 60)]
    assert constructed_gib(best) == [38.4, 40.9]
    assert len(best.commands) == 2
    assert {found.code for found in best.findings} == {"HWD005"}


def test_the_latent_cache_of_deepseek_r1_is_not_divided_by_tensor_parallelism() -> None:
    plans = [
        estimate(model=R1, gpus="16xH200", offline=True, tensor_parallel_size=tp, allow="PAR003")
        for tp in (8, 16)
    ]
    caches = [plan.layouts[0].kv_cache for plan in plans]
    assert [cache and cache.bytes_per_block for cache in caches] == [1_124_352] * 2


@pytest.mark.parametrize("gpus", ["2x8xH100", "16xA100"])
def test_deepseek_r1_on_sixteen_gpus_keeps_tensor_parallelism_inside_hosts(gpus: str) -> None:
    assert sizes(asked(R1, gpus).layouts[0]) == (8, 2, 1, False)


def test_tensor_parallelism_across_hosts_is_an_error_that_names_the_way_out() -> None:
    answer = validate(model=R1, gpus="2x8xA100", tensor_parallel_size=16, offline=True)
    across = [f for layout in answer.layouts for f in layout.findings if f.code == "PAR003"]
    assert codes(answer) == {"PAR003"}
    assert "--pipeline-parallel-size 2" in across[0].fix


@pytest.mark.parametrize(
    ("gpus", "best"), [("2x1xA100", (1, 2, 1, False)), ("2xA100", (2, 1, 1, False))]
)
def test_a_70b_model_is_split_by_stages_across_hosts_and_by_tensors_inside_one(
    gpus: str, best: tuple[int, int, int, bool]
) -> None:
    first = asked(LLAMA_70B, gpus).layouts[0]
    assert sizes(first) == best
    assert set(constructed_gib(first)) == {65.7}


def test_a_7b_model_in_16_bits_does_not_fit_one_t4_and_does_fit_two() -> None:
    refused = asked(QWEN_7B, "T4")
    assert refused.layouts == ()
    assert "--quantization fp8" in refused.findings[-1].fix
    one = estimate(model=QWEN_7B, gpus="T4", offline=True).layouts[0]
    assert constructed_gib(one) == [14.2]
    assert round(gib(memory(one).budget_bytes), 1) == 13.8
    assert (2, 1, 1, False) in map(sizes, asked(QWEN_7B, "2xT4").layouts)


def test_a_32b_model_on_four_five_and_eight_t4s() -> None:
    assert asked(QWEN_32B, "4xT4").layouts == ()
    five = asked(QWEN_32B, "5xT4")
    tensors = next(r for r in five.rejected if r.tensor_parallel_size == 5)
    assert {"PAR002", "PAR004"} & set(tensors.codes)
    said = [found.fix for found in five.findings] + [
        str(layout.environment) for layout in five.layouts
    ]
    assert any("12,13,14,13,12" in text for text in said)
    (cut,) = asked(QWEN_32B, "5xT4", enforce_eager=True).layouts
    # nothing surely fits: the context is what the middle estimate holds, and the verdict says so
    assert cut.fit.verdict == "uncertain"
    assert cut.kv_cache is not None
    assert 1_000 < cut.kv_cache.max_model_len < cut.kv_cache.tokens + 16
    eight = {sizes(layout): layout for layout in asked(QWEN_32B, "8xT4").layouts}
    assert set(constructed_gib(eight[8, 1, 1, False])) == {7.7}


def test_a_division_that_is_set_leaves_layouts_of_as_many_stages() -> None:
    environment = {"VLLM_PP_LAYER_PARTITION": "30,34"}
    answer = asked(QWEN_32B, "4xL4", environment=environment)
    assert {layout.pipeline_parallel_size for layout in answer.layouts} == {2}
    with pytest.raises(UsageError, match="does not match"):
        asked(QWEN_32B, "4xL4", environment={"VLLM_PP_LAYER_PARTITION": "1,2,x"})


def test_replicas_come_before_splitting_a_model_that_fits_one_gpu() -> None:
    first = asked("meta-llama/Llama-3.1-8B-Instruct", "8xH100").layouts[0]
    assert sizes(first) == (1, 1, 8, False)


@pytest.mark.parametrize(
    ("model", "gpus", "best"),
    [
        ("openai/gpt-oss-120b", "H100", (1, 1, 1, False)),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "2xA100", (2, 1, 1, False)),
        # four key-value heads: over eight ranks each is held twice, and a third fewer requests run
        ("Qwen/Qwen3-235B-A22B", "8xH100", (4, 1, 2, False)),
    ],
)
def test_a_mixture_of_experts_fits_where_vllm_serves_it(
    model: str, gpus: str, best: tuple[int, int, int, bool]
) -> None:
    assert sizes(asked(model, gpus).layouts[0]) == best


def test_fp8_experts_over_eight_a100s_need_expert_parallelism() -> None:
    found = [
        codes(
            validate(
                model=QWEN3_FP8,
                gpus="8xA100",
                tensor_parallel_size=8,
                enable_expert_parallel=whole_experts,
                offline=True,
            )
        )
        for whole_experts in (False, True)
    ]
    assert found == [{"QNT001"}, set()]
