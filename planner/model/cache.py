"""What one layer keeps between steps, for the whole model before any split.

A layer lists its caches in the order in which vLLM registers them; most list one. A layer
that reads the cache of an earlier one (KV sharing) lists :class:`SharedCache`, one that
keeps nothing lists none. Sizes are elements, not bytes: the number format is chosen later.
What indexers keep is in ``indexer_cache``, states of recurrent layers in ``state_cache``.
"""

from __future__ import annotations

from dataclasses import KW_ONLY  # noqa: TC003 - what makes the class looks for it
from typing import Literal

from planner.frozen import frozen
from planner.model.indexer_cache import IndexerCache
from planner.model.state_cache import StateCache


@frozen(kw_only=False)
class FullAttention:
    """Keys and values of every token.

    ``kv_heads`` counts the whole model's; ranks beyond it hold copies. What bears on the
    kernel and, through it, on the block: ``sinks`` (learned attention sinks), ``softcap`` (the
    scores are capped), ``mm_prefix`` (the tokens of an image see each other), ``mixed_heads``
    (layers differ in head size, and vLLM wants one kernel for all: Gemma 4), ``picks``
    (an indexer picks blocks of tokens, a page each: MiniMax-M3, or single tokens: Qwen3.8 Next),
    ``model_dtype`` (the class hands on no ``--kv-cache-dtype``: Falcon).
    Source: vllm.model_executor.layers.attention.attention.Attention.get_kv_cache_spec (0.33.0)
    """

    kv_heads: int
    head_size: int
    head_size_v: int
    _: KW_ONLY
    sinks: bool = False
    softcap: bool = False
    mm_prefix: bool = False
    mixed_heads: bool = False
    picks: Literal["", "blocks", "tokens"] = ""
    model_dtype: bool = False


@frozen(kw_only=False)
class SlidingWindow:
    """Keys and values of the last ``window`` tokens; else as :class:`FullAttention`."""

    kv_heads: int
    head_size: int
    head_size_v: int
    window: int
    _: KW_ONLY
    sinks: bool = False
    softcap: bool = False
    mm_prefix: bool = False
    mixed_heads: bool = False


@frozen(kw_only=False)
class ChunkedLocal:
    """Keys and values of the current chunk of ``chunk`` tokens (Llama 4).

    Source: vllm.model_executor.layers.attention.chunked_local_attention
    .ChunkedLocalAttention.get_kv_cache_spec (0.33.0)
    """

    kv_heads: int
    head_size: int
    chunk: int


@frozen
class Mla:
    """One latent vector a token, shared by all heads: the same on every rank (DeepSeek).

    ``index_topk`` is set where attention is sparse: an indexer picks that many tokens. A layer
    with an indexer of its own lists a ``SparseIndexer`` before this cache; one that uses
    an earlier layer's picks does not. ``window`` limits the layer to the last tokens.
    Source: vllm.model_executor.layers.attention.mla_attention.MLAAttention.get_kv_cache_spec
    (0.33.0)
    """

    kv_lora_rank: int
    qk_rope_head_dim: int
    qk_nope_head_dim: int
    v_head_dim: int
    index_topk: int | None = None
    window: int | None = None

    @property
    def head_size(self) -> int:
        """Elements of the latent and its rotary part."""
        return self.kv_lora_rank + self.qk_rope_head_dim


@frozen
class CompressedLatent:
    """One latent for every ``compress_ratio`` tokens (DeepSeek-V4's compressed attention).

    Source: vllm.models.deepseek_v4.attention.DeepseekV4Attention.get_kv_cache_spec (0.33.0)
    """

    head_size: int
    compress_ratio: int


@frozen
class WindowLatent:
    """A latent for each of the last ``window`` tokens (DeepSeek-V4's local attention).

    Source: vllm.v1.attention.backends.mla.sparse_swa.DeepseekV4SWACache (0.33.0)
    """

    head_size: int
    window: int


@frozen
class CompressorState:
    """Float32 rows of the tokens that are still being compressed (DeepSeek-V4).

    A compressor that halves its stride (ratio 4) keeps two rows and twice the window.
    Source: vllm.models.deepseek_v4.compressor.CompressorStateCache (0.33.0)
    """

    head_dim: int
    compress_ratio: int

    @property
    def overlap(self) -> int:
        """Windows that a token belongs to."""
        return 2 if self.compress_ratio == 4 else 1  # noqa: PLR2004 - the ratio that overlaps

    @property
    def row_elements(self) -> int:
        """Keys and scores of one token."""
        return 2 * self.overlap * self.head_dim

    @property
    def window(self) -> int:
        """Tokens kept."""
        return self.overlap * self.compress_ratio


@frozen
class CrossAttention:
    """Keys and values of the encoder's output (Whisper).

    Source: vllm.model_executor.layers.attention.cross_attention.CrossAttention
    .get_kv_cache_spec (0.33.0)
    """

    kv_heads: int
    head_size: int


@frozen
class EncoderOnly:
    """Attention over a whole input at once, which keeps nothing (BERT).

    Source: vllm.model_executor.layers.attention.encoder_only_attention
    .EncoderOnlyAttention.get_kv_cache_spec (0.33.0)
    """

    kv_heads: int
    head_size: int


@frozen
class SharedCache:
    """No cache of its own: the layer reads that of an earlier one (Gemma 3n, Gemma 4).

    Source: vllm.v1.worker.gpu.attn_utils.get_kv_cache_spec (0.33.0)
    """


CacheSpec = (
    FullAttention
    | SlidingWindow
    | ChunkedLocal
    | Mla
    | IndexerCache
    | CompressedLatent
    | WindowLatent
    | CompressorState
    | CrossAttention
    | EncoderOnly
    | SharedCache
    | StateCache
)
