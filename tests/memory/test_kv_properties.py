"""What holds for every KV cache, whatever the model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from planner.memory.kv_cache.plan import KvCachePlan, plan_kv_cache
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.model.cache import (
    CacheSpec,
    ChunkedLocal,
    FullAttention,
    Mla,
    SlidingWindow,
)

HEADS = st.sampled_from([1, 2, 4, 8, 16, 32])
HEAD_SIZES = st.sampled_from([64, 80, 96, 128, 192, 256])
WINDOWS = st.sampled_from([128, 512, 1024, 4096])
MLA = Mla(kv_lora_rank=512, qk_rope_head_dim=64, qk_nope_head_dim=128, v_head_dim=128)


@st.composite
def attention_stacks(draw: st.DrawFn) -> list[tuple[CacheSpec, ...]]:
    """A stack of full attention, alone or with windows or chunks, as models mix them."""
    heads, size = draw(HEADS), draw(HEAD_SIZES)
    full = FullAttention(heads, size, size)
    local: CacheSpec = draw(
        st.one_of(
            st.just(full),
            WINDOWS.map(lambda window: SlidingWindow(heads, size, size, window)),
            WINDOWS.map(lambda chunk: ChunkedLocal(heads, size, chunk)),
        )
    )
    pattern: list[tuple[CacheSpec, ...]] = [*[(local,)] * draw(st.integers(0, 5)), (full,)]
    return pattern * draw(st.integers(1, 8))


def settings(**given_options: object) -> KvCacheSettings:
    options: dict[str, object] = {
        "dtype": "bfloat16",
        "max_model_len": 65_536,
        "max_num_batched_tokens": 8192,
        "capability": 90,
    }
    return KvCacheSettings(**(options | given_options))  # type: ignore[arg-type]


def plan(layers: list[tuple[CacheSpec, ...]], *, tp: int = 1, **options: object) -> KvCachePlan:
    return plan_kv_cache([layers], settings(**options), tensor_parallel_size=tp)


@given(attention_stacks(), st.integers(1, 65_535))
def test_a_longer_request_never_takes_fewer_blocks(
    layers: list[tuple[CacheSpec, ...]], tokens: int
) -> None:
    found = plan(layers)
    assert found.blocks_per_request(tokens) <= found.blocks_per_request(tokens + 1)


@given(attention_stacks())
def test_more_tensor_parallel_ranks_never_take_more_bytes(
    layers: list[tuple[CacheSpec, ...]],
) -> None:
    sizes = [plan(layers, tp=tp).bytes_per_block[0] for tp in (1, 2, 4, 8, 16)]
    assert sizes == sorted(sizes, reverse=True)


@given(st.integers(1, 80), st.sampled_from([2, 4, 8, 16]))
def test_a_latent_is_not_divided_by_tensor_parallelism(layers: int, tp: int) -> None:
    stack: list[tuple[CacheSpec, ...]] = [(MLA,)] * layers
    assert plan(stack, tp=tp).bytes_per_block == plan(stack).bytes_per_block


@given(attention_stacks())
def test_an_fp8_cache_takes_half_the_bytes(layers: list[tuple[CacheSpec, ...]]) -> None:
    whole, half = plan(layers), plan(layers, kv_cache_dtype="fp8")
    assert half.bytes_per_block[0] * 2 == whole.bytes_per_block[0]
    assert half.blocks_per_group() == whole.blocks_per_group()


@given(attention_stacks(), st.integers(1, 4))
def test_every_layer_is_in_one_group_and_no_block_is_narrower_than_its_layers(
    layers: list[tuple[CacheSpec, ...]], stages: int
) -> None:
    cut = [layers[i::stages] for i in range(stages)]
    found = plan_kv_cache(cut, settings())
    for stage, held in enumerate(cut):
        assert sum(group.layers[stage] for group in found.groups) == len(held)
        widest = max(group.layers[stage] * group.page.page_bytes for group in found.groups)
        assert found.bytes_per_block[stage] == widest


@given(attention_stacks())
def test_without_the_hybrid_manager_nothing_is_saved(layers: list[tuple[CacheSpec, ...]]) -> None:
    off = plan(layers, hybrid_manager=False)
    assert len(off.groups) == 1
    assert off.bytes_per_block[0] == sum(off.page_bytes[0])


@given(attention_stacks(), st.sampled_from([16, 32, 64, 128]))
def test_longer_blocks_take_bytes_in_proportion(
    layers: list[tuple[CacheSpec, ...]], block_size: int
) -> None:
    found = plan(layers, block_size=block_size)
    assert found.block_size == block_size
    assert found.bytes_per_block[0] * 16 == plan(layers).bytes_per_block[0] * block_size
