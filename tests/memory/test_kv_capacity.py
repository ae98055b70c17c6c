"""Blocks, tokens and the longest request, over tables of layouts."""

from __future__ import annotations

import time

import numpy as np
import pytest

from planner.layout import Layouts, distinct_rows
from planner.memory.kv_cache.capacity import capacity_of, kv_capacity, longest_request
from planner.memory.kv_cache.plan import KvCachePlan, plan_kv_cache
from planner.memory.kv_cache.planned import plan_rows
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.memory.stages import Stages
from planner.model.cache import CacheSpec, FullAttention, SlidingWindow
from planner.units import GIB, Ints

SETTINGS = KvCacheSettings(
    dtype="bfloat16", max_model_len=32_768, max_num_batched_tokens=16_384, capability=90
)
GPT_OSS: list[tuple[CacheSpec, ...]] = [
    (SlidingWindow(8, 64, 64, 128, sinks=True),),
    (FullAttention(8, 64, 64, sinks=True),),
] * 12


def table(tp: list[int], pp: list[int], dcp: list[int]) -> Layouts:
    columns = [np.array(sizes, dtype=np.int64) for sizes in (tp, pp, np.ones(len(tp)), dcp)]
    ep = np.zeros(len(tp), dtype=np.bool_)
    return Layouts(tp=columns[0], pp=columns[1], dp=columns[2], ep=ep, dcp=columns[3])


def test_gpt_oss_on_an_h200_prints_what_vllm_printed() -> None:
    # vLLM 0.26.0 on an H200: 305,454 blocks, 2,443,035 tokens, 74.56x
    plan = plan_kv_cache([GPT_OSS], SETTINGS)
    capacity = capacity_of(plan, [plan.bytes_per_block[0] * 305_454])
    assert capacity.tokens[0] == 2_443_035
    assert round(float(capacity.max_concurrency[0]), 2) == 74.56


def test_older_versions_shared_the_blocks_among_the_groups() -> None:
    plan = plan_kv_cache([GPT_OSS], SETTINGS)
    capacity = capacity_of(plan, [plan.bytes_per_block[0] * 1001], kv_tokens="blocks")
    assert capacity.tokens[0] == 1001 // 2 * 16


def test_the_poorest_stage_decides_the_blocks() -> None:
    plan = plan_kv_cache([GPT_OSS[:16], GPT_OSS[16:]], SETTINGS)
    wide, narrow = plan.bytes_per_block
    assert wide == 2 * narrow
    assert capacity_of(plan, [wide * 50, narrow * 90]).num_blocks[0] == 50
    assert capacity_of(plan, [wide * 50, narrow * 40]).num_blocks[0] == 40


def test_a_request_needs_its_blocks_and_the_one_held_back() -> None:
    plan = plan_kv_cache([[(FullAttention(8, 128, 128),)] * 32], SETTINGS)
    per_block, needed = plan.bytes_per_block[0], int(plan.blocks_per_request())
    enough = capacity_of(plan, [per_block * (needed + 1)])
    short = capacity_of(plan, [per_block * (needed + 1) - 1])
    assert enough.fits[0]
    assert enough.max_model_len[0] == 32_768
    assert enough.needed_bytes[0, 0] == per_block * (needed + 1)
    assert not short.fits[0]
    assert short.max_model_len[0] == 32_768 - 16


@pytest.mark.parametrize("blocks", [0, 1, 2, 3, 1025, 1030, 1200, 3000])
def test_the_longest_request_is_the_longest_that_fits(blocks: int) -> None:
    plan = plan_kv_cache([GPT_OSS], SETTINGS)
    longest = int(capacity_of(plan, [plan.bytes_per_block[0] * blocks]).max_model_len[0])
    usable = blocks - 1
    assert longest == 0 or plan.blocks_per_request(longest) <= usable
    if longest < SETTINGS.max_model_len:
        assert plan.blocks_per_request(longest + 1) > usable


def test_a_negative_rest_holds_no_blocks() -> None:
    plan = plan_kv_cache([GPT_OSS], SETTINGS)
    capacity = capacity_of(plan, [-5 * GIB])
    assert capacity.num_blocks[0] == 0
    assert not capacity.fits[0]
    assert capacity.max_model_len[0] == 0


def test_a_model_without_caches_always_fits() -> None:
    plan = plan_kv_cache([[()] * 12], SETTINGS)
    capacity = capacity_of(plan, [GIB])
    assert capacity.fits[0]
    assert capacity.num_blocks[0] == 1
    assert np.isnan(capacity.max_concurrency[0])


def test_a_row_of_a_table_is_its_layout_alone() -> None:
    layouts = table([1, 2, 4, 8, 16, 2], [1, 1, 2, 3, 4, 5], [1] * 6)
    stages = Stages.of(layouts, len(GPT_OSS))
    available = np.arange(6 * 5, dtype=np.int64).reshape(6, 5) * GIB // 4
    capacity = kv_capacity(plan_rows(GPT_OSS, SETTINGS, layouts, stages), available)
    for row in range(len(layouts)):
        pp = int(layouts.pp[row])
        ends = np.cumsum(stages.layers[row, :pp]).tolist()
        split = [GPT_OSS[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        plan = plan_kv_cache(split, SETTINGS, tensor_parallel_size=int(layouts.tp[row]))
        alone = capacity_of(plan, available[row, :pp].tolist())
        for name in ("num_blocks", "blocks_per_request", "tokens", "fits", "max_model_len"):
            assert getattr(capacity, name)[row] == getattr(alone, name)[0], name
        assert (capacity.needed_bytes[row, :pp] == alone.needed_bytes[0]).all()


def test_refused_rows_hold_nothing_and_say_why() -> None:
    layouts = table([8, 16], [1, 1], [1, 2])
    planned = plan_rows(GPT_OSS, SETTINGS, layouts, Stages.of(layouts, len(GPT_OSS)))
    assert planned.refused.tolist() == [False, True]
    assert "sliding windows" in str(planned.plan(1))
    capacity = kv_capacity(planned, np.full((2, 1), GIB, dtype=np.int64))
    assert capacity.fits.tolist() == [True, False]
    assert capacity.num_blocks[1] == 0


def test_a_table_without_rows_has_none_that_is_refused() -> None:
    layouts = table([], [], [])
    planned = plan_rows(GPT_OSS, SETTINGS, layouts, Stages.of(layouts, len(GPT_OSS)))
    assert not (np.ones(0, dtype=np.bool_) & planned.refused).any()


def test_a_given_number_of_blocks_replaces_what_fits() -> None:
    layouts = table([1], [1], [1])
    planned = plan_rows(GPT_OSS, SETTINGS, layouts, Stages.of(layouts, len(GPT_OSS)))
    available = np.zeros((1, 1), dtype=np.int64)
    assert kv_capacity(planned, available, num_gpu_blocks_override=77).num_blocks[0] == 77


def test_layers_of_a_drafter_are_on_the_last_stage() -> None:
    layouts = table([1], [2], [1])
    stages = Stages.of(layouts, 4)
    caches: list[tuple[CacheSpec, ...]] = [(FullAttention(8, 128, 128),)] * 4
    planned = plan_rows(caches, SETTINGS, layouts, stages, drafter=caches[:1])
    assert planned.bytes_per_block.tolist() == [[131_072, 196_608]]


def test_distinct_rows_survive_a_code_beyond_64_bits() -> None:
    generator = np.random.default_rng(0)
    columns: list[Ints] = [generator.integers(0, 127, 500) for _ in range(20)]
    columns = [np.concatenate([column, column]) for column in columns]
    first, index = distinct_rows(columns)
    for column in columns:
        assert (column[first][index] == column).all()
    assert len(first) == 500


def test_a_hundred_thousand_rows_share_few_plans() -> None:
    generator = np.random.default_rng(0)
    rows = 100_000
    sizes = [generator.choice(range_, rows).tolist() for range_ in ([1, 2, 4, 8], [1, 2, 3, 4])]
    layouts = table(sizes[0], sizes[1], [1] * rows)
    stages = Stages.of(layouts, len(GPT_OSS))
    available = generator.integers(0, 10 * GIB, stages.shape)
    started = time.perf_counter()
    planned = plan_rows(GPT_OSS, SETTINGS, layouts, stages)
    capacity = kv_capacity(planned, available)
    assert time.perf_counter() - started < 5  # 0.15 s on an idle machine
    assert len(planned.plans) == 16
    assert 0 < capacity.fits.mean() < 1
    assert (longest_request(planned, capacity.num_blocks - 1) == capacity.max_model_len).all()
    assert all(isinstance(plan, KvCachePlan) for plan in planned.plans)
