"""What an attention layer asks of vLLM's backends."""

from __future__ import annotations

from typing import Literal

from planner.errors import UsageError
from planner.frozen import frozen

_PLAIN = ("auto", "float16", "bfloat16")


class NoBackendError(UsageError):
    """No attention backend of vLLM serves a layer here."""


@frozen
class AttentionNeed:
    """What one attention layer asks of a backend.

    ``dtype`` and ``kv_cache_dtype`` are vLLM's names, the latter as this layer stores it;
    ``run_kv_cache_dtype`` is that of the run, from which a layer may be left out.
    ``block_size`` is ``--block-size``, None when not given.
    """

    head_size: int
    head_size_v: int
    dtype: str
    kv_cache_dtype: str = "auto"
    run_kv_cache_dtype: str = "auto"
    block_size: int | None = None
    role: Literal["decoder", "encoder_only", "cross"] = "decoder"
    mla: bool = False
    index_topk: int | None = None
    qk_nope_head_dim: int = 128
    qk_rope_head_dim: int = 64
    sinks: bool = False
    softcap: bool = False
    mm_prefix: bool = False
    window: bool = False
    dcp: bool = False
    flash_attention_2: bool = False
    """vLLM holds FlashAttention to version 2, as TurboQuant needs"""
    mixed_heads: bool = False
    """the model's layers differ in head size: FlashAttention 4 serves them all, or Triton"""

    @property
    def quantized(self) -> bool:
        """Whether the cache is stored in another format than the model's."""
        return self.kv_cache_dtype not in _PLAIN

    @property
    def run_quantized(self) -> bool:
        """As ``quantized``, of the run."""
        return self.run_kv_cache_dtype not in _PLAIN


def capability_text(capability: int) -> str:
    """A capability, which vLLM counts as a whole number, as people write it.

    >>> capability_text(90)
    '9.0'
    """
    return f"{capability // 10}.{capability % 10}"
