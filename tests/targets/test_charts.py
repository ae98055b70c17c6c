"""Resources and values that name a model and no command: what their charts make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.errors import InvalidInputError
from planner.targets.read import read_targets
from planner.targets.reading import read_all

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
SERVED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "kserve/huggingface.yaml": ("meta-llama/Llama-3.1-8B-Instruct", "1x1xNVIDIA-A10", {}),
    "kserve/two-workers.yaml": (
        "meta-llama/Llama-3.1-405B-Instruct-FP8",
        "2xp5.48xlarge",
        {"pipeline_parallel_size": 2, "distributed_executor_backend": "ray"},
    ),
    "kserve/llm-wide-ep.yaml": (
        "deepseek-ai/DeepSeek-R1-0528",
        "4x8xNVIDIA-H200",
        {"data_parallel_size": 32, "enable_expert_parallel": True, "max_model_len": 8192},
    ),
    "production-stack/mistral.yaml": (
        "mistralai/Mistral-7B-Instruct-v0.3",
        "1x1xNVIDIA-L40S",
        {"dtype": "bfloat16", "gpu_memory_utilization": 0.9, "enable_prefix_caching": True},
    ),
    "production-stack/ray-cluster.yaml": (
        "meta-llama/Llama-3.3-70B-Instruct",
        "2xp4d.24xlarge",
        {"tensor_parallel_size": 8, "pipeline_parallel_size": 2},
    ),
    "llm-d/qwen-decode.yaml": (
        "Qwen/Qwen3-32B",
        "1x2xNVIDIA-H100-80GB-HBM3",
        {"tensor_parallel_size": 2, "max_model_len": 16384},
    ),
    "kuberay/llama-two-workers.yaml": (
        "meta-llama/Llama-3.3-70B-Instruct",
        "2x8xH100",
        {"pipeline_parallel_size": 2, "distributed_executor_backend": "ray"},
    ),
    "slurm/two-nodes.sbatch": (
        "deepseek-ai/DeepSeek-R1",
        "2x8xh100",
        {"nnodes": 2, "node_rank": None},
    ),
}


@pytest.mark.parametrize("name", SERVED)
def test_a_file_amounts_to_a_command_on_a_cluster(name: str) -> None:
    model, gpus, options = SERVED[name]
    (target,) = read_targets([str(CORPUS / name)])
    assert (target.model, target.gpus) == (model, (gpus,))
    assert {option: getattr(target.arguments, option) for option in options} == options
    assert not target.unknown


def test_prefill_and_decode_are_two_deployments() -> None:
    decode, prefill = read_targets([str(CORPUS / "kserve/llm-prefill-too-small.yaml")])
    assert (decode.part, prefill.part) == (
        "LLMInferenceService/llama-pd",
        "LLMInferenceService/llama-pd spec.prefill",
    )
    assert decode.arguments.tensor_parallel_size == 4
    assert prefill.arguments.tensor_parallel_size == 1


def test_an_option_within_a_text_of_a_resource_has_its_line_in_the_file() -> None:
    (target,) = read_targets([str(CORPUS / "kuberay/qwen-l4.yaml")])
    place = target.location("tensor_parallel_size")
    assert place is not None
    lines = (CORPUS / "kuberay/qwen-l4.yaml").read_text("utf-8").splitlines()
    assert "tensor_parallel_size: 2" in lines[(place.line or 0) - 1]


def test_variables_of_a_container_count_for_its_server() -> None:
    (target,) = read_targets([str(CORPUS / "kserve/llm-wide-ep.yaml")])
    assert target.environment["VLLM_ALL2ALL_BACKEND"] == "deepep_high_throughput"


def test_a_value_that_cannot_be_read_is_told_with_its_line() -> None:
    with pytest.raises(InvalidInputError, match=r"line 4: .*SLURM_GPUS_ON_NODE") as caught:
        read_targets([str(CORPUS / "slurm/unnamed-boards.sbatch")])
    assert caught.value.line == 4


GOOD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec: {template: {spec: {containers: [{image: "vllm/vllm-openai:v0.33.0", args: [Qwen/Qwen3-8B]}]}}}
"""


def test_one_bad_document_leaves_the_others_of_its_file_to_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(f"{GOOD}---\n{GOOD.replace('B]', 'B, -tp, two]')}", encoding="utf-8")
    reading = read_all([str(path)])
    assert [target.model for target in reading.targets] == ["Qwen/Qwen3-8B"]
    (failure,) = reading.failures
    assert isinstance(failure.error, InvalidInputError)
    assert failure.error.line == 9
