from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planner.estimate import estimate
from planner.request import request
from planner.units import GIB

if TYPE_CHECKING:
    from planner.plan import Layout

GEMMA = "google/gemma-3-12b-it"


def answer(model: str, gpus: str, **options: object) -> Layout:
    asked = request(model=model, gpus=gpus, offline=True, calibration=False, **options)
    return estimate(asked, {}).layouts[0]


def room(**options: object) -> int:
    layout = answer(GEMMA, "H100", **options)
    assert layout.memory is not None
    stage = layout.memory.stages[0]
    parts = (stage.weights_bytes, stage.activation_bytes, stage.cuda_graph_bytes)
    if "kv_cache_memory_bytes" not in options:
        taken = sum(parts) + stage.non_torch_bytes + stage.kv_cache_bytes
        assert taken == layout.memory.budget_bytes
    return stage.kv_cache_bytes


def test_videos_decoded_in_the_http_server_are_taken_off_the_cache() -> None:
    assert room() - room(mm_ipc_gpu_memory_gb=2) == 2 * GIB
    fixed = room(kv_cache_memory_bytes=8 * GIB, mm_ipc_gpu_memory_gb=2)
    assert fixed == 6 * GIB


def blocks(**options: object) -> int:
    cache = answer(GEMMA, "H100", max_model_len=65536, **options).kv_cache
    assert cache is not None
    return cache.blocks_per_request * cache.bytes_per_block


def test_a_connector_books_windows_as_full_attention_before_0_22() -> None:
    for version, alike in (("0.21", False), ("0.22", True)):
        plain = blocks(vllm_version=version)
        moved = blocks(vllm_version=version, kv_offloading_size=10)
        assert (plain == moved) is alike


def connector(name: str, **extra: object) -> dict[str, object]:
    return {"kv_connector": name, "kv_role": "kv_both", "kv_connector_extra_config": extra}


@pytest.mark.parametrize(
    ("options", "as_windows"),
    [
        ({"kv_transfer_config": connector("NixlConnector")}, True),
        ({"kv_transfer_config": connector("LMCacheConnectorV1")}, False),
        ({"kv_transfer_config": connector("SomebodysConnector")}, False),
        ({"kv_offloading_size": 10, "kv_offloading_backend": "lmcache"}, False),
        (
            {
                "kv_transfer_config": connector("LMCacheConnectorV1"),
                "disable_hybrid_kv_cache_manager": False,
            },
            True,
        ),
        (
            {
                "kv_transfer_config": connector(
                    "MultiConnector",
                    connectors=[connector("NixlConnector"), connector("LMCacheConnectorV1")],
                )
            },
            False,
        ),
    ],
)
def test_a_connector_that_knows_no_groups_books_windows_as_full_attention(
    options: dict[str, Any], *, as_windows: bool
) -> None:
    assert (blocks(**options) == blocks()) is as_windows


def test_states_cannot_be_moved_by_a_connector_that_knows_no_groups() -> None:
    moved = {"kv_transfer_config": connector("LMCacheConnectorV1")}
    layout = answer("Qwen/Qwen3-Next-80B-A3B-Instruct", "4xH100", tensor_parallel_size=4, **moved)
    assert "KVC003" in {found.code for found in layout.findings}


def test_chunked_layers_were_booked_as_full_attention_before_0_14() -> None:
    def needed(version: str) -> int:
        layout = answer(
            "meta-llama/Llama-4-Scout-17B-16E-Instruct",
            "8xH200",
            tensor_parallel_size=8,
            max_model_len=10485760,
            vllm_version=version,
        )
        assert layout.kv_cache is not None
        return layout.kv_cache.blocks_per_request * layout.kv_cache.bytes_per_block

    # a start of the time says that 240 GiB are needed
    assert needed("0.13") == 240 * GIB
    assert needed("0.14") < 70 * GIB
