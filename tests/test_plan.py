from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from planner.plan import Answer
from tests.answers import broken, deepseek_r1, estimate, nothing_fits

if TYPE_CHECKING:
    from collections.abc import Callable

#: the keys that scripts rely on, as the contract lists them
TOP = {
    "schema",
    "command",
    "vllm_version",
    "calibration",
    "model",
    "hardware",
    "layouts",
    "rejected",
    "findings",
}
SIZES = {
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "expert_parallel",
    "decode_context_parallel_size",
}
LAYOUT = SIZES | {
    "gpus_used",
    "why",
    "fit",
    "memory",
    "kv_cache",
    "performance",
    "start_up",
    "cost",
    "environment",
    "vllm_args",
    "commands",
    "findings",
}
STAGE = {
    "layers",
    "rank_classes",
    "parameter_bytes",
    "buffer_bytes",
    "post_load_bytes",
    "allocator_bytes",
    "weights_bytes",
    "activation_bytes",
    "cuda_graph_bytes",
    "non_torch_bytes",
    "kv_cache_bytes",
    "outside_budget_bytes",
    "free_bytes",
    "interval",
}
KV_CACHE = {
    "dtype",
    "block_size",
    "bytes_per_block",
    "num_blocks",
    "blocks_per_request",
    "blocks_per_group",
    "tokens",
    "max_concurrency",
    "max_model_len",
    "max_model_len_reduced",
    "bytes_per_token",
}
FINDING = {
    "code",
    "name",
    "severity",
    "origin",
    "message",
    "cause",
    "fix",
    "source",
    "location",
}


def test_no_key_of_the_schema_is_missing() -> None:
    document = deepseek_r1().model_dump(mode="json")
    layout = document["layouts"][0]
    assert document.keys() >= TOP
    assert layout.keys() >= LAYOUT
    assert layout["memory"]["stages"][0].keys() >= STAGE
    assert layout["kv_cache"].keys() >= KV_CACHE
    assert layout["findings"][0].keys() >= FINDING
    assert layout["commands"][0].keys() >= {"node", "role", "environment", "argv", "shell"}
    assert layout["fit"].keys() >= {"verdict", "probability", "margin_bytes"}
    assert document["rejected"][0].keys() >= SIZES | {"codes", "message"}
    assert document["schema"] == "planner/1"


def test_bytes_are_whole_numbers() -> None:
    stage = deepseek_r1().model_dump(mode="json")["layouts"][0]["memory"]["stages"][0]
    assert all(isinstance(v, int) for k, v in stage.items() if k.endswith("_bytes"))
    assert all(isinstance(v, int) for v in stage["interval"]["activation_bytes"])


@pytest.mark.parametrize("answer", [deepseek_r1, estimate, broken, nothing_fits])
def test_a_document_reads_back_as_it_was(answer: Callable[[], Answer]) -> None:
    before = answer()
    assert Answer.model_validate(before.model_dump(mode="json")) == before


def test_a_key_that_nobody_knows_is_refused() -> None:
    document = deepseek_r1().model_dump(mode="json")
    document["layouts"][0]["tensor_parallel"] = 8
    with pytest.raises(ValidationError, match="tensor_parallel"):
        Answer.model_validate(document)


def test_an_answer_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        deepseek_r1().vllm_version = "0.20"  # type: ignore[misc]
