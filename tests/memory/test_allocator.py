from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.constants import term
from planner.memory.allocator import (
    OWN_SEGMENT_BYTES,
    AllocatorLoss,
    allocator_bytes,
    block_bytes,
    rotary_leftover_bytes,
)
from planner.units import MIB

LOADING = 20 * MIB
NO_LIMIT = 2**62
HALF = 2  # bytes of one bf16 weight


def qwen_7b() -> list[tuple[int, int]]:
    return decoder((3584, 18944, 512), vocabulary=152064, layers=28, tp=1)


def llama_8b(tp: int) -> list[tuple[int, int]]:
    return decoder((4096, 14336, 1024), vocabulary=128256, layers=32, tp=tp)


def decoder(
    widths: tuple[int, int, int], *, vocabulary: int, layers: int, tp: int
) -> list[tuple[int, int]]:
    """A dense decoder's matrices on one rank: bytes and count; widths are hidden, MLP and KV."""
    hidden, intermediate, kv = widths
    rows = [(hidden + 2 * kv) // tp, hidden // tp, 2 * intermediate // tp, intermediate // tp]
    sizes = [row * hidden * HALF for row in rows]
    return [*((size, layers) for size in sizes), (vocabulary // tp * hidden * HALF, 2)]


def loss_of(tensors: list[tuple[int, int]], limit: int = LOADING) -> AllocatorLoss:
    return allocator_bytes(
        [np.array([size]) for size, _ in tensors],
        [np.array([[count]]) for _, count in tensors],
        split_limit=limit,
    )


def leftover(tensors: list[tuple[int, int]], positions: int) -> int:
    qkv, output, gate_up, down, _ = (size for size, _ in tensors)
    return int(rotary_leftover_bytes(positions * 128, [gate_up, down, qkv, output], LOADING))


# what real vLLM 0.26.0 printed on H200s above the bytes of parameters and buffers, in MiB; the
# 0.06 that remain everywhere are norms and biases rounded to 512 bytes
@pytest.mark.parametrize(
    ("tensors", "positions", "printed_mib"),
    [
        pytest.param(qwen_7b(), 32768, 99.06, id="Qwen2.5-7B"),
        pytest.param(llama_8b(1), 131072, 16.06, id="Llama-3.1-8B"),
        pytest.param(llama_8b(4), 131072, 19.06, id="Llama TP4"),
    ],
)
def test_rounding_matches_what_vllm_printed_above_its_tensors(
    tensors: list[tuple[int, int]], positions: int, printed_mib: float
) -> None:
    lost = loss_of(tensors).allocated_bytes.item() + leftover(tensors, positions)
    assert lost / MIB == pytest.approx(printed_mib, abs=0.07)


@pytest.mark.parametrize(("tp", "printed_mib"), [(1, 0.06), (2, 2.06)])
def test_even_expert_shards_lose_nothing_but_the_embedding_rounds(
    tp: int, printed_mib: float
) -> None:
    experts = 8 * 4096 * 14336 // tp * HALF
    mixtral = [
        (6144 // tp * 4096 * HALF, 32),
        (4096 * 4096 // tp * HALF, 32),
        (2 * experts, 32),
        (experts, 32),
        (32000 // tp * 4096 * HALF, 2),
    ]
    assert loss_of(mixtral).allocated_bytes.item() / MIB == pytest.approx(printed_mib, abs=0.07)


def test_the_rounding_came_with_021_and_both_runners_share_it() -> None:
    before = term("allocator", (0, 20), "hopper", "v1")["split_limit_bytes"].mid
    since = [term("allocator", (0, 21), "hopper", runner) for runner in ("v1", "v2")]
    assert before == NO_LIMIT
    assert {constants["split_limit_bytes"].mid for constants in since} == {LOADING}
    # o_proj of Qwen2.5-7B: 24.5 MiB stay 24.5 while blocks may be cut
    assert int(block_bytes(49 * MIB // 2, NO_LIMIT)) == 49 * MIB // 2
    assert int(block_bytes(49 * MIB // 2, LOADING)) == 26 * MIB


def test_tables_that_torch_may_cut_leave_nothing_behind() -> None:
    assert int(rotary_leftover_bytes(131072 * 128, [48 * MIB], NO_LIMIT)) == 0


@given(st.integers(min_value=1, max_value=2**36), st.sampled_from([LOADING, NO_LIMIT]))
def test_a_block_holds_its_tensor_and_wastes_less_than_two_mebibytes(size: int, limit: int) -> None:
    block = int(block_bytes(size, limit))
    assert size <= block < size + 2 * MIB
    assert block % 512 == 0


@given(st.lists(st.tuples(st.integers(1, 2**32), st.integers(0, 90)), min_size=1, max_size=8))
def test_one_row_equals_the_same_row_of_many(tensors: list[tuple[int, int]]) -> None:
    twice = allocator_bytes(
        [np.array([size, size]) for size, _ in tensors],
        [np.array([[count, 0], [count, 0]]) for _, count in tensors],
        split_limit=LOADING,
    )
    assert (twice.allocated_bytes[:, 0] == loss_of(tensors).allocated_bytes.item()).all()
    assert (twice.allocated_bytes[:, 1] == 0).all()
    assert (twice.reserved_bytes >= 0).all()


def test_small_tensors_share_segments_of_two_and_twenty_mebibytes() -> None:
    loss = loss_of([(8192, 65), (OWN_SEGMENT_BYTES // 2, 5)])
    assert loss.allocated_bytes.item() == 0
    assert loss.reserved_bytes.item() == (2 * MIB - 65 * 8192) + (40 - 25) * MIB
