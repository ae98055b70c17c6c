"""What a user types, and the answer that must come out: real models on real hardware."""

from __future__ import annotations

import pytest

from planner.estimate import estimate
from planner.plan import Answer, Layout
from planner.recommend import recommend
from planner.request import request
from planner.units import GIB
from planner.validate import validate

R1 = "deepseek-ai/DeepSeek-R1"
LLAMA_70B = "deepseek-ai/DeepSeek-R1-Distill-Llama-70B"
QWEN_32B = "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B"
QWEN_7B = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"


def recommended(model: str, gpus: str, **options: object) -> Answer:
    return recommend(request(model=model, gpus=gpus, offline=True, **options), {})


def judged(model: str, gpus: str, **options: object) -> dict[str, str]:
    """Severity of each finding, by code."""
    answer = validate(request(model=model, gpus=gpus, offline=True, **options), (), {})
    found = [*answer.findings, *(each for layout in answer.layouts for each in layout.findings)]
    return {each.code: each.severity for each in found}


def shape(layout: Layout) -> tuple[int, int, int]:
    return (
        layout.tensor_parallel_size,
        layout.pipeline_parallel_size,
        layout.data_parallel_size,
    )


def constructed_gib(layout: Layout) -> list[float]:
    """Weights as constructed, on a GPU of each stage."""
    stages = layout.memory.stages if layout.memory else ()
    return [round((stage.parameter_bytes + stage.buffer_bytes) / GIB, 1) for stage in stages]


def test_r1_on_two_hosts_of_a100_is_tp8_x_pp2_with_a_command_for_each_host() -> None:
    answer = recommended(R1, "2x8xA100")
    best = answer.layouts[0]
    assert (*shape(best), best.expert_parallel) == (8, 2, 1, False)
    assert best.memory is not None
    assert [stage.layers for stage in best.memory.stages] == [(0, 30), (31, 60)]
    assert constructed_gib(best) == [38.4, 40.9]
    head, worker = (command.argv for command in best.commands)
    assert "--headless" in worker
    assert "--headless" not in head
    assert head[head.index("--nnodes") + 1] == "2"
    assert "HWD005" in {finding.code for finding in best.findings}


def test_the_latent_cache_of_r1_is_not_divided_by_tp() -> None:
    answer = estimate(request(model=R1, gpus="8xH200", tensor_parallel_size=8, offline=True), {})
    cache = answer.layouts[0].kv_cache
    assert cache is not None
    assert cache.bytes_per_token == 61 * 576 * 2


def test_tp16_over_two_hosts_is_an_error_that_names_tp8_x_pp2() -> None:
    answer = validate(request(model=R1, gpus="2x8xA100", tensor_parallel_size=16), (), {})
    (found,) = (each for each in answer.layouts[0].findings if each.code == "PAR003")
    assert found.severity == "error"
    assert "--tensor-parallel-size 8 --pipeline-parallel-size 2" in found.fix
    assert "--nnodes" in found.cause


def test_tp16_may_be_allowed_by_name() -> None:
    assert judged(R1, "2x8xA100", tensor_parallel_size=16, allow=["PAR003"])["PAR003"] == "warning"


def test_tp16_over_the_trays_of_one_rack_stays_inside_its_domain() -> None:
    assert "PAR003" not in judged(R1, "gb200-nvl72", tensor_parallel_size=16)


def test_without_ep_tp8_x_dp2_over_two_hosts_is_the_same_fault() -> None:
    sizes = {"tensor_parallel_size": 8, "data_parallel_size": 2}
    assert judged(R1, "2x8xH200", **sizes)["PAR005"] == "error"
    assert "PAR005" not in judged(R1, "2x8xH200", **sizes, enable_expert_parallel=True)


@pytest.mark.parametrize("gpus", ["2x8xH100", "16xA100"])
def test_r1_takes_tp8_x_pp2_on_sixteen_gpus(gpus: str) -> None:
    answer = recommended(R1, gpus)
    assert (8, 2, 1) in [shape(layout) for layout in answer.layouts[:2]]
    assert answer.hardware is not None
    assert answer.hardware.groups[0].nodes == 2
    if gpus == "16xA100":
        assert any("2" in note and "8" in note for note in answer.hardware.assumptions)


def test_a_70b_model_is_split_in_stages_across_machines_and_in_tensors_inside_one() -> None:
    across, inside = recommended(LLAMA_70B, "2x1xA100"), recommended(LLAMA_70B, "2xA100")
    assert shape(across.layouts[0]) == (1, 2, 1)
    assert len(across.layouts[0].commands) == 2
    assert shape(inside.layouts[0]) == (2, 1, 1)
    assert constructed_gib(inside.layouts[0]) == [65.7]


def test_a_7b_model_does_not_fit_one_t4_in_float16_and_fits_two() -> None:
    alone, both = recommended(QWEN_7B, "T4"), recommended(QWEN_7B, "2xT4")
    assert alone.layouts == ()
    (nothing,) = alone.findings
    assert nothing.code == "MEM003"
    assert "in a budget of 13.8 GiB" in nothing.cause
    assert "fits" in nothing.fix
    assert (2, 1, 1) in [shape(layout) for layout in both.layouts]


def test_a_32b_model_cannot_fit_four_t4s() -> None:
    answer = recommended(QWEN_32B, "4xT4")
    assert answer.layouts == ()
    assert "short" in answer.findings[0].cause


def test_tp5_is_impossible_for_a_32b_model_on_five_t4s() -> None:
    found = judged(QWEN_32B, "5xT4", tensor_parallel_size=5)
    assert found["PAR002"] == "error" or found["PAR004"] == "error"


def test_sizes_that_need_more_gpus_than_there_are_are_named_and_what_the_search_takes() -> None:
    (nothing,) = recommended("Qwen/Qwen3-8B", "8xH100", tensor_parallel_size=16).findings
    assert nothing.cause == "--tensor-parallel-size 16 takes 16 GPUs, and there are 8"
    assert nothing.fix.startswith("leave out --tensor-parallel-size 16 (then DP8 fits")


def test_five_t4s_hold_a_32b_model_under_a_division_of_its_own() -> None:
    """vLLM's 13/13/13/13/12 is refused by numbers; 12/13/14/13/12 leaves room without graphs."""
    default = recommended(QWEN_32B, "5xT4")
    assert default.layouts == ()
    assert "12,13,14,13,12" in default.findings[0].fix
    best = recommended(QWEN_32B, "5xT4", enforce_eager=True).layouts[0]
    assert shape(best) == (1, 5, 1)
    assert best.environment["VLLM_PP_LAYER_PARTITION"] == "12,13,14,13,12"
    assert best.kv_cache is not None
    assert best.kv_cache.max_model_len_reduced
    assert best.memory is not None
    budget, stages = best.memory.budget_bytes, best.memory.stages
    left = [budget - stage.parameter_bytes for stage in stages]
    assert round(min(left) / GIB, 2) == 1.12


def test_vllms_own_division_leaves_half_a_gib_on_the_first_of_five_t4s() -> None:
    answer = estimate(
        request(model=QWEN_32B, gpus="5xT4", pipeline_parallel_size=5, offline=True), {}
    )
    memory = answer.layouts[0].memory
    assert memory is not None
    first = memory.stages[0]
    assert round((memory.budget_bytes - first.parameter_bytes) / GIB, 2) == 0.57


def test_eight_t4s_hold_a_32b_model_in_tensors_of_eight() -> None:
    layouts = recommended(QWEN_32B, "8xT4").layouts
    (split,) = (layout for layout in layouts if layout.tensor_parallel_size == 8)
    assert split.memory is not None
    assert round(split.memory.stages[0].parameter_bytes / GIB, 1) == 7.6


def test_a_small_model_on_eight_gpus_is_replicated_rather_than_split() -> None:
    assert shape(recommended("meta-llama/Llama-3.1-8B-Instruct", "8xH100").layouts[0]) == (1, 1, 8)


@pytest.mark.parametrize(
    ("model", "gpus"),
    [
        ("openai/gpt-oss-120b", "H100"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "2xA100"),
        ("Qwen/Qwen3-235B-A22B", "8xH100"),
    ],
)
def test_models_that_vllm_serves_on_this_hardware_get_a_layout(model: str, gpus: str) -> None:
    best = recommended(model, gpus).layouts[0]
    assert best.fit.verdict == "fits"
    assert not [finding for finding in best.findings if finding.severity == "error"]


def test_block_fp8_experts_do_not_go_over_eight_a100s_unless_they_stay_whole() -> None:
    model = "Qwen/Qwen3-235B-A22B-FP8"
    assert judged(model, "8xA100", tensor_parallel_size=8)["QNT001"] == "error"
    whole = judged(model, "8xA100", tensor_parallel_size=8, enable_expert_parallel=True)
    assert "error" not in whole.values()


def test_an_answer_is_a_valid_document() -> None:
    answer = recommended(R1, "2x8xA100")
    assert Answer.model_validate(answer.model_dump(mode="json")) == answer
