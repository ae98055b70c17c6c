"""Which FlashAttention serves a layer: version 2, 3 or 4 bears on block size and fp8.

Source: vllm.v1.attention.backends.fa_utils.get_flash_attn_version (0.33.0)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.vllm.attention_need import AttentionNeed

HOPPER, BLACKWELL = 9, 10
FA4_MAJORS = (9, 10, 11)
WIDE_HEAD = 256
"""the head size that version 4 serves with a kernel of its own on Blackwell"""
WIDE_HEAD_PAGE = 128
"""tokens in one of that kernel's pages"""
FP8_HEAD = 512
"""the head size whose fp8 cache version 4 reads on Hopper"""
FP8_PAGE = 64
"""tokens in a page of that kernel"""


def flash_attention_version(need: AttentionNeed, capability: int) -> int:
    """The version that serves the layer: 2, 3 or 4.

    Hopper takes 3, datacentre Blackwell 4, all others 2; 4 stands in where 3 cannot serve on
    Hopper, and 2 where 4's kernels cannot on Blackwell.
    """
    major = capability // 10
    if need.flash_attention_2:
        return 2
    if major == HOPPER:
        unlike = need.sinks and need.head_size != need.head_size_v
        return 4 if need.head_size > WIDE_HEAD or unlike else 3
    if major != BLACKWELL or _wide_head_falls_back(need) or _too_wide(need):
        return 2
    return 4


def _wide_head_falls_back(need: AttentionNeed) -> bool:
    if (need.head_size, need.head_size_v) != (WIDE_HEAD, WIDE_HEAD):
        return False
    return (
        need.sinks
        or need.softcap
        or need.run_quantized
        or need.mm_prefix
        or need.dcp
        or (need.block_size or WIDE_HEAD_PAGE) % WIDE_HEAD_PAGE != 0
    )


def _too_wide(need: AttentionNeed) -> bool:
    """Tensor memory of Blackwell holds heads of 128, and two shapes above."""
    sizes = need.head_size, need.head_size_v
    return need.head_size > WIDE_HEAD // 2 and sizes not in ((256, 256), (192, 128))


def kernel_page(need: AttentionNeed, capability: int) -> int | None:
    """Tokens of the one block size that version 4 takes here; None where any 16 do.

    Sinks and ``--block-size`` are not looked at, as in vLLM.
    Source: vllm.v1.attention.backends.flash_attn.FlashAttentionBackend
    .get_supported_kernel_block_sizes (0.33.0)
    """
    need = replace(need, sinks=False, block_size=None)
    if flash_attention_version(need, capability) != 4:  # noqa: PLR2004 - the version
        return None
    major = capability // 10
    if major == HOPPER and need.kv_cache_dtype in ("fp8", "fp8_e4m3"):
        return FP8_PAGE if need.head_size == FP8_HEAD else None
    wide = (need.head_size, need.head_size_v) == (WIDE_HEAD, WIDE_HEAD)
    return WIDE_HEAD_PAGE if major == BLACKWELL and wide else None


def flash_attention_objections(need: AttentionNeed, capability: int) -> list[str]:
    """Why FLASH_ATTN does not serve the layer, beyond what its table row says.

    Source: vllm.v1.attention.backends.flash_attn.FlashAttentionBackend (0.33.0)
    """
    major = capability // 10
    version = flash_attention_version(need, capability)
    widest = 2 * WIDE_HEAD if major in FA4_MAJORS else WIDE_HEAD
    found = []
    if need.head_size % 8 or need.head_size > widest:
        found.append("head_size not supported")
    if need.quantized and not _reads_fp8(need, major, version):
        found.append(
            "FP8 KV cache requires FA3 on SM90, FA4 with head_size=512 on SM90, or FA4 on SM100"
        )
    if need.mm_prefix and need.quantized and capability == HOPPER * 10:
        found.append("SM90 FP8 KV with mm_prefix requires Triton")
    if need.mm_prefix and version != 4:  # noqa: PLR2004 - the version
        found.append("mm_prefix requires FlashAttention v4, which does not resolve here")
    return found


def _reads_fp8(need: AttentionNeed, major: int, version: int) -> bool:
    if major == HOPPER:
        return version == 3 or need.head_size == FP8_HEAD  # noqa: PLR2004 - the version
    return major == BLACKWELL and version == 4  # noqa: PLR2004 - the version
