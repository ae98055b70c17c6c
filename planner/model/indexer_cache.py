"""What indexers keep: keys by which sparse attention picks tokens, pools, groups or blocks.

They are the same on every rank.
"""

from __future__ import annotations

from planner.frozen import frozen


@frozen
class SparseIndexer:
    """The fp8 keys by which sparse attention picks tokens, with a scale per 128 elements.

    ``compress_ratio`` tokens share a key (DeepSeek-V4); 1 in DeepSeek-V3.2 and GLM.
    Source: vllm.model_executor.models.deepseek_v2.Indexer,
    vllm.models.deepseek_v4.attention.DeepseekV4Indexer (0.33.0)
    """

    head_dim: int
    compress_ratio: int = 1

    @property
    def row_bytes(self) -> int:
        """Bytes of one key: an fp8 element each, and four bytes of scale per 128."""
        return self.head_dim + self.head_dim // 128 * 4


@frozen
class BlockIndexer:
    """The keys by which sparse attention picks blocks, in the model's dtype (MiniMax-M3).

    Source: vllm.models.minimax_m3.common.indexer.MiniMaxM3IndexerCache (0.33.0)
    """

    head_dim: int


@frozen
class PooledIndexer:
    """The fp8 keys by which sparse attention picks pools of ``pool`` tokens (GLM-5.3).

    Source: vllm.models.glm5next.common.attention.Glm5NextIndexerCache (0.33.0)
    """

    head_dim: int
    pool: int

    @property
    def row_bytes(self) -> int:
        """Bytes of one key: an fp8 element each, and four bytes of scale per 128."""
        return self.head_dim + self.head_dim // 128 * 4


@frozen
class PoolTail:
    """Keys and gates of the tokens whose pool is not full yet: one ring a request (GLM-5.3).

    Source: vllm.models.glm5next.common.attention.Glm5NextTailCache (0.33.0)
    """

    head_dim: int
    pool: int


@frozen
class GroupIndexer:
    """A key in 16 bits for each ``group`` tokens, by which attention picks groups (Qwen3.8 Next).

    Source: vllm.models.qwen4_exp.common.qsa_cache.QSACompressedKeyCache (0.33.0)
    """

    head_dim: int
    group: int


@frozen
class GroupTail:
    """Rows of the tokens whose group is not full yet: one ring a request (Qwen3.8 Next).

    Source: vllm.models.qwen4_exp.common.qsa_cache.QSAKeyStateCache (0.33.0)
    """

    row_elements: int
    group: int


IndexerCache = SparseIndexer | BlockIndexer | PooledIndexer | PoolTail | GroupIndexer | GroupTail
