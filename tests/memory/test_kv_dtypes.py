"""Bytes of a token for every number format of the KV cache."""

from __future__ import annotations

import pytest

from planner.errors import UnknownNameError
from planner.memory.kv_cache.dtypes import KV_DTYPES, head_bytes, latent_bytes
from planner.memory.kv_cache.plan import plan_kv_cache
from planner.memory.kv_cache.settings import KvCacheSettings
from planner.model.cache import FullAttention, Mla


@pytest.mark.parametrize(
    ("name", "bytes_per_block", "block_size"),
    [
        ("auto", 2_097_152, 16),
        ("bfloat16", 2_097_152, 16),
        ("fp8", 1_048_576, 16),
        ("fp8_e5m2", 1_048_576, 16),
        ("int8_per_token_head", 1_081_344, 16),
        ("fp8_per_token_head", 1_081_344, 16),
        ("int4_per_token_head", 557_056, 16),
        ("turboquant_k8v4", 1_929_216, 32),
        ("turboquant_4bit_nc", 1_484_800, 32),
        ("turboquant_k3v4_nc", 1_370_112, 32),
        ("turboquant_3bit_nc", 1_255_424, 32),
    ],
)
def test_llama_8b_takes_what_vllm_says(name: str, bytes_per_block: int, block_size: int) -> None:
    settings = KvCacheSettings(
        dtype="bfloat16",
        max_model_len=131_072,
        max_num_batched_tokens=8192,
        capability=90,
        kv_cache_dtype=name,
    )
    plan = plan_kv_cache([[(FullAttention(8, 128, 128),)] * 32], settings)
    assert plan.bytes_per_block == (bytes_per_block,)
    assert plan.block_size == block_size


def test_a_packed_latent_has_its_own_size() -> None:
    sizes = [latent_bytes(n, "bfloat16", 576) for n in ("auto", "fp8", "fp8_ds_mla")]
    assert sizes == [1152, 576, 656]
    assert latent_bytes("nvfp4_ds_mla", "bfloat16", 576) == 352


def test_nvfp4_stores_two_elements_a_byte_and_a_scale_per_sixteen() -> None:
    assert head_bytes("nvfp4", "bfloat16", 128, 128) == 2 * (64 + 8)


@pytest.mark.parametrize("name", KV_DTYPES)
def test_no_format_takes_more_than_float32(name: str) -> None:
    assert 0 < head_bytes(name, "bfloat16", 128, 128) <= 4 * 256


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        head_bytes("fp8_e4m4", "bfloat16", 128, 128)
    assert "fp8_e4m3" in caught.value.fix


def test_sparse_attention_stores_fp8_as_its_kernel_wants() -> None:
    settings = KvCacheSettings(
        dtype="bfloat16",
        max_model_len=4096,
        max_num_batched_tokens=8192,
        capability=90,
        kv_cache_dtype="fp8",
    )
    sparse = Mla(
        kv_lora_rank=512,
        qk_rope_head_dim=64,
        qk_nope_head_dim=128,
        v_head_dim=128,
        index_topk=2048,
    )
    assert plan_kv_cache([[(sparse,)]], settings).bytes_per_block == (64 * 656,)
