"""Which attention backend serves a layer, and on what it is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.vllm.attention_backend import choose_backend
from planner.vllm.attention_need import AttentionNeed, NoBackendError

LLAMA = AttentionNeed(head_size=128, head_size_v=128, dtype="bfloat16")
GPT_OSS = AttentionNeed(head_size=64, head_size_v=64, dtype="bfloat16", sinks=True)
GEMMA3 = replace(LLAMA, mm_prefix=True)
R1 = AttentionNeed(head_size=576, head_size_v=576, dtype="bfloat16", mla=True)
V32 = replace(R1, index_topk=2048)
WIDE = AttentionNeed(head_size=256, head_size_v=256, dtype="bfloat16")


def fp8(need: AttentionNeed) -> AttentionNeed:
    return replace(need, kv_cache_dtype="fp8", run_kv_cache_dtype="fp8")


@pytest.mark.parametrize(
    ("need", "capability", "name"),
    [
        (LLAMA, 90, "FLASH_ATTN"),
        (LLAMA, 80, "FLASH_ATTN"),
        (LLAMA, 100, "FLASHINFER"),
        (LLAMA, 120, "FLASH_ATTN"),
        (replace(LLAMA, dtype="float16"), 75, "TRITON_ATTN"),
        (replace(LLAMA, dtype="float32"), 90, "TRITON_ATTN"),
        (fp8(LLAMA), 90, "FLASH_ATTN"),
        (fp8(LLAMA), 89, "FLASHINFER"),
        (fp8(LLAMA), 80, "FLASHINFER"),
        (replace(LLAMA, kv_cache_dtype="int8_per_token_head"), 90, "TRITON_ATTN"),
        (replace(LLAMA, kv_cache_dtype="turboquant_4bit_nc"), 90, "TURBOQUANT"),
        (replace(LLAMA, kv_cache_dtype="nvfp4"), 90, "FLASHINFER"),
        (GPT_OSS, 90, "FLASH_ATTN"),
        (GPT_OSS, 80, "TRITON_ATTN"),
        (GPT_OSS, 100, "FLASHINFER"),
        (GEMMA3, 90, "TRITON_ATTN"),
        (replace(WIDE, mm_prefix=True), 90, "TRITON_FLASH_ATTN"),
        (R1, 90, "FLASH_ATTN_MLA"),
        (fp8(R1), 90, "FLASHMLA"),
        (R1, 80, "TRITON_MLA"),
        (R1, 100, "FLASHINFER_MLA"),
        (replace(R1, qk_nope_head_dim=96), 100, "CUTLASS_MLA"),
        (V32, 90, "FLASH_ATTN_MLA_SPARSE"),
        (fp8(V32), 90, "FLASHMLA_SPARSE"),
        (fp8(V32), 100, "FLASHINFER_MLA_SPARSE"),
        (replace(LLAMA, head_size=192), 90, "FLASH_ATTN_DIFFKV"),
        (replace(LLAMA, head_size=192), 80, "TRITON_ATTN_DIFFKV"),
    ],
)
def test_the_first_backend_without_an_objection_serves(
    need: AttentionNeed, capability: int, name: str
) -> None:
    assert choose_backend(need, capability).name == name


@pytest.mark.parametrize(
    ("need", "capability", "says"),
    [
        (replace(fp8(LLAMA), dtype="float16"), 75, "TRITON_ATTN"),
        (fp8(R1), 80, "TRITON_MLA"),
        (V32, 80, "sparse not supported"),
        (replace(GPT_OSS, kv_cache_dtype="turboquant_4bit_nc"), 90, "attention sinks"),
        (replace(R1, kv_cache_dtype="fp8_ds_mla"), 90, "kv_cache_dtype not supported"),
        (replace(LLAMA, block_size=24), 90, "block_size not supported"),
        (replace(LLAMA, kv_cache_dtype="int8_per_token_head", dcp=True), 90, "DCP"),
        (replace(V32, kv_cache_dtype="nvfp4_ds_mla"), 90, "only on SM100"),
    ],
)
def test_a_layer_that_nothing_serves_is_refused_with_every_reason(
    need: AttentionNeed, capability: int, says: str
) -> None:
    with pytest.raises(NoBackendError) as caught:
        choose_backend(need, capability)
    assert says in caught.value.message + caught.value.cause
    assert caught.value.fix


def test_without_flashinfer_blackwell_takes_the_next() -> None:
    assert choose_backend(LLAMA, 100, flashinfer=False).name == "FLASH_ATTN"
    assert choose_backend(R1, 100, flashinfer=False).block_sizes == (128,)
    with pytest.raises(NoBackendError, match="TRITON_ATTN"):
        choose_backend(fp8(LLAMA), 80, flashinfer=False)


def test_wide_heads_on_blackwell_want_pages_of_128_tokens() -> None:
    assert choose_backend(WIDE, 100, flashinfer=False).block_sizes == (128,)
    assert choose_backend(replace(WIDE, sinks=True), 100, flashinfer=False).exact
    assert choose_backend(replace(WIDE, softcap=True), 100, flashinfer=False).block_sizes == (16,)


def test_a_block_may_be_several_kernel_blocks() -> None:
    backend = choose_backend(fp8(R1), 90)
    assert backend.accepts(128)
    assert not backend.accepts(48)
    assert (backend.smallest, backend.split_above) == (64, 64)
