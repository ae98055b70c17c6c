"""Why an attention backend of vLLM does not serve a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.vllm.attention_need import NoBackendError, capability_text
from planner.vllm.flash_attention import flash_attention_objections

if TYPE_CHECKING:
    from planner.vllm import attention_kernels as kernels
    from planner.vllm.attention_need import AttentionNeed

FLASH = ("FLASH_ATTN", "TRITON_FLASH_ATTN")
"""backends whose kernel depends on the FlashAttention version"""

_FP8_FLOOR = 89
_BF16_FLOOR = 80
_NOPE_HEADS = (64, 128, 192)
_SM120_TOPK = 2048
_TRITON_HEAD = 32
"""the smallest head of Triton's kernel"""


def objections(
    kernel: kernels.Kernel, need: AttentionNeed, capability: int, *, flashinfer: bool
) -> list[str]:
    """Why a backend does not serve a layer; none when it does. Block sizes are not looked at.

    Source: vllm.v1.attention.backend.AttentionBackend.validate_configuration (0.33.0)
    """
    major = capability // 10
    sizes = kernel.head_sizes
    sparse = need.index_topk is not None
    checks = (
        (kernel.needs_flashinfer and not flashinfer, "FlashInfer is not installed"),
        (sizes is not None and need.head_size not in sizes, "head_size not supported"),
        (need.dtype not in kernel.dtypes, "dtype not supported"),
        (need.kv_cache_dtype not in kernel.kv_dtypes, "kv_cache_dtype not supported"),
        (need.mla != kernel.mla, "MLA not supported" if need.mla else "non-MLA not supported"),
        (sparse != kernel.sparse, "sparse not supported" if sparse else "non-sparse not supported"),
        (need.mm_prefix and not kernel.mm_prefix, "multimodal prefix not supported"),
        (need.sinks and major not in kernel.sink_majors, "attention sinks not supported"),
        (major not in kernel.majors, "compute capability not supported"),
        (need.role not in kernel.roles, f"attention type {need.role} not supported"),
        (need.window and not kernel.windows, "sliding window not supported"),
        (need.dcp and not kernel.dcp, "DCP not supported"),
    )
    found = [reason for holds, reason in checks if holds]
    return found or _further_objections(kernel, need, capability)


def _further_objections(kernel: kernels.Kernel, need: AttentionNeed, capability: int) -> list[str]:
    """What a table row cannot say. Source: the backends' supports_combination (0.33.0)."""
    major = capability // 10
    if kernel.name in FLASH:
        # of the two kernels of the composite, only Triton sees the image's tokens
        alone = kernel.name == "FLASH_ATTN" or not need.mm_prefix
        found = flash_attention_objections(need, capability)
        return found if alone else [reason for reason in found if "mm_prefix" not in reason]
    if kernel.name == "FLASHINFER" and need.kv_cache_dtype.startswith("nvfp4"):
        return _nvfp4_objections(need, major)
    if kernel.name == "FLASHMLA_SPARSE":
        return _flashmla_sparse_objections(need, major)
    checks = {
        "TRITON_ATTN": (need.head_size < _TRITON_HEAD, "head_size not supported"),
        "FLASHINFER_MLA": (
            need.qk_nope_head_dim not in _NOPE_HEADS,
            f"qk_nope_head_dim {need.qk_nope_head_dim} is none of {_NOPE_HEADS}",
        ),
        "FLASHINFER_MLA_SPARSE_SM120": (
            need.index_topk != _SM120_TOPK,
            f"index_topk must be {_SM120_TOPK}",
        ),
    }
    holds, reason = checks.get(kernel.name, (False, ""))
    return [reason] if holds else []


def _nvfp4_objections(need: AttentionNeed, major: int) -> list[str]:
    if major not in (8, 9, 12):
        return []
    if need.kv_cache_dtype != "nvfp4":
        return ["kv_cache_dtype not supported"]
    if need.head_size == 64:  # noqa: PLR2004 - the one size the kernel misreads
        return ["fa2 prefill misreads an NVFP4 KV cache at head_size 64"]
    return ["the sink prefill wrapper cannot read an NVFP4 KV cache"] if need.sinks else []


def _flashmla_sparse_objections(need: AttentionNeed, major: int) -> list[str]:
    if need.head_size == 512 and (need.qk_rope_head_dim or major != 9 or need.quantized):  # noqa: PLR2004
        return ["head_size 512 only without a rotary part, in bf16 on SM90"]
    if need.kv_cache_dtype == "nvfp4_ds_mla" and major != 10:  # noqa: PLR2004
        return ["nvfp4_ds_mla only on SM100"]
    return []


def refuse_number_format(name: str, need: AttentionNeed, capability: int) -> None:
    """The Triton backends are chosen first and refuse when they are built.

    Source: vllm.v1.attention.backends.triton_attn.TritonAttentionImpl,
    vllm.v1.attention.backends.mla.triton_mla.TritonMLAImpl (0.33.0)
    """
    if name not in ("TRITON_ATTN", "TRITON_MLA"):
        return
    fp8 = need.kv_cache_dtype.startswith("fp8") and capability < _FP8_FLOOR
    bf16 = need.kv_cache_dtype == "bfloat16" and capability < _BF16_FLOOR
    if not (fp8 or bf16):
        return
    floor = _FP8_FLOOR if fp8 else _BF16_FLOOR
    raise NoBackendError(
        f"{need.kv_cache_dtype} KV cache is not supported by vLLM's {name} on compute capability "
        f"{capability_text(capability)}",
        cause=f"its kernels need {capability_text(floor)}, and no other backend serves this layer",
        fix=f"use --kv-cache-dtype {'float16' if capability < _BF16_FLOOR else 'bfloat16'}",
    )
