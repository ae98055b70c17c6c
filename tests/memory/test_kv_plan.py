"""The planned KV cache against vLLM's own planning, to the byte."""

from __future__ import annotations

import pytest

from planner.errors import UsageError
from planner.memory.kv_cache.capacity import capacity_of
from planner.memory.kv_cache.page import CacheKind
from planner.memory.kv_cache.plan import plan_kv_cache
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.model.cache import CacheSpec, FullAttention, SlidingWindow
from planner.units import GIB
from tests.memory.kv_golden import Golden, read_golden

LAYOUTS = read_golden("layouts.jsonl")
REFUSED = read_golden("refused.jsonl")
HOPPER = KvCacheSettings(
    dtype="bfloat16", max_model_len=131_072, max_num_batched_tokens=8192, capability=90
)


@pytest.mark.parametrize("golden", LAYOUTS, ids=lambda golden: golden.name)
def test_block_size_bytes_and_blocks_are_those_of_vllm(golden: Golden) -> None:
    plan = golden.plan()
    assert plan.block_size == golden.row["block_size"]
    assert list(plan.bytes_per_block) == golden.row["bytes_per_block"]
    assert list(plan.blocks_per_group()) == golden.row["blocks_per_group"]


@pytest.mark.parametrize(
    "golden",
    [golden for golden in LAYOUTS if "num_blocks_at_400_gib" in golden.row],
    ids=lambda golden: golden.name,
)
def test_blocks_and_concurrency_of_400_gib_are_those_of_vllm(golden: Golden) -> None:
    capacity = capacity_of(golden.plan(), [400 * GIB] * len(golden.stages))
    assert capacity.num_blocks[0] == golden.row["num_blocks_at_400_gib"]
    assert round(float(capacity.max_concurrency[0]), 4) == golden.row["max_concurrency"]


@pytest.mark.parametrize("golden", REFUSED, ids=lambda golden: golden.row["vllm_says"][:40])
def test_what_vllm_refuses_is_refused_with_a_cause_and_a_fix(golden: Golden) -> None:
    with pytest.raises(UsageError) as caught:
        golden.plan()
    assert caught.value.message
    assert caught.value.cause
    assert caught.value.fix


def test_llama_takes_two_mib_for_sixteen_tokens() -> None:
    plan = plan_kv_cache([[(FullAttention(8, 128, 128),)] * 32], HOPPER)
    assert plan.bytes_per_block == (2_097_152,)
    assert plan.bytes_per_token == 131_072
    assert plan.backends == ("FLASH_ATTN",)


def test_gpt_oss_books_windows_and_all_in_flight_tokens() -> None:
    layer = FullAttention(8, 64, 64, sinks=True)
    window = SlidingWindow(8, 64, 64, 128, sinks=True)
    stack: list[tuple[CacheSpec, ...]] = [(window,), (layer,)] * 12
    plan = plan_kv_cache([stack], HOPPER)
    assert plan.bytes_per_block == (393_216,)
    assert plan.blocks_per_group() == (1033, 8192)
    assert [group.kind for group in plan.groups] == [CacheKind.SLIDING_WINDOW, CacheKind.FULL]


def test_a_drafters_lookahead_keeps_windows_longer() -> None:
    stages = [[(SlidingWindow(8, 64, 64, 129), FullAttention(8, 64, 64))]]
    short = HOPPER.max_num_batched_tokens * 2 + 128
    several = KvCacheSettings(
        dtype="bfloat16",
        max_model_len=131_072,
        max_num_batched_tokens=8192,
        capability=90,
        prefill_lookahead_tokens=3,
    )
    assert plan_kv_cache(stages, HOPPER).blocks_per_group()[0] == short // 16 + 1
    assert plan_kv_cache(stages, several).blocks_per_group()[0] == short // 16 + 2


def test_decode_context_parallelism_refuses_windows() -> None:
    stages = [[(SlidingWindow(1, 64, 64, 128), FullAttention(1, 64, 64))]]
    with pytest.raises(UsageError, match="sliding windows"):
        plan_kv_cache(stages, HOPPER, tensor_parallel_size=8, decode_context_parallel_size=2)


def test_a_stage_without_caches_takes_nothing() -> None:
    plan = plan_kv_cache([[(FullAttention(8, 128, 128),)], [()]], HOPPER)
    assert plan.bytes_per_block == (65_536, 0)
