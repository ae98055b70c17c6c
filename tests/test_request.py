from __future__ import annotations

import pytest

from planner.errors import PlannerError, UnknownNameError, UsageError
from planner.request import GPU_MEMORY_UTILIZATION, judged, request, require
from planner.vllm.arguments import VllmArguments


def test_keywords_are_options_with_underscores() -> None:
    asked = request(model="m", gpus="2x8xA100", tensor_parallel_size=8, input_tokens=4096)
    assert asked.gpus == ("2x8xA100",)
    assert asked.pinned == VllmArguments(tensor_parallel_size=8)
    assert asked.workload.input_tokens == 4096


def test_options_that_are_none_are_not_given() -> None:
    assert request(model="m", dtype=None, revision=None) == request(model="m")


def test_the_planner_takes_its_own_share_where_nobody_says_another() -> None:
    assert request(model="m").gpu_memory_utilization == GPU_MEMORY_UTILIZATION == 0.95
    assert request(gpu_memory_utilization=0.8).gpu_memory_utilization == 0.8


def test_somebody_elses_deployment_is_judged_with_its_own_defaults() -> None:
    asked = judged(
        request(gpus="T4", allow="par003"),
        model="m",
        revision=None,
        gpus=("8xH100",),
        vllm_version="0.20",
        arguments=VllmArguments(tensor_parallel_size=2),
        environment={"VLLM_PP_LAYER_PARTITION": "31,30"},
    )
    assert asked.gpu_memory_utilization is None
    assert (asked.model, asked.gpus, asked.allow) == ("m", ("T4",), ("PAR003",))
    assert asked.pinned.tensor_parallel_size == 2


def test_an_unknown_keyword_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        request(model="m", tensor_paralel_size=8)
    assert "tensor_parallel_size" in caught.value.fix


@pytest.mark.parametrize(
    "keywords",
    [
        {"tensor_parallel_size": 0},
        {"tensor_parallel_size": "many"},
        {"enforce_eager": "yes"},
        {"cudagraph_capture_sizes": 4},
        {"max_model_len": -7},
        {"input_tokens": 0},
        {"request_rate": float("nan")},
        {"acceptance_rate": 1.5},
        {"acceptance_rate": float("nan")},
        {"prefix_cache_hit_rate": 1.0},
        {"objective": "speed"},
        {"executor": "slurm"},
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(keywords: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(keywords))):
        request(**keywords)


def test_ray_is_one_wish_in_two_spellings() -> None:
    assert request(distributed_executor_backend="ray").executor == "ray"
    assert request(executor="ray").executor == "ray"


def test_what_is_missing_is_said_with_an_example() -> None:
    with pytest.raises(PlannerError, match="no model") as caught:
        require(request(gpus="8xH100"), "recommend")
    assert caught.value.fix.endswith("--gpus 8xH100")
    with pytest.raises(PlannerError, match="no GPUs"):
        require(request(model="m"), "recommend")
    require(request(model="m"), "estimate", gpus=False)
