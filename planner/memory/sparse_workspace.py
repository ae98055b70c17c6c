"""What sparse attention's indexer holds while it picks tokens: DeepSeek-V3.2, V4, GLM-5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.indexer_cache import PooledIndexer, SparseIndexer
from planner.units import DTYPE_BYTES, MIB

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.vllm.version import VllmVersion

_LONG_CONTEXT = 256 * 1024
#: of scores that are held at once, unless VLLM_SPARSE_INDEXER_MAX_LOGITS_MB says otherwise
LOGITS_MB = 512
#: of the kernel that finds the highest scores
_TOP_K_BYTES = MIB


@frozen
class SparseWorkspace:
    """Bytes of a rank: ``kept`` from the first pass on, ``scratch`` while tokens are picked."""

    kept: int = 0
    scratch: int = 0


def sparse_workspace(
    architecture: Architecture,
    version: VllmVersion,
    *,
    rocm: bool,
    max_model_len: int,
    tokens: int,
    decode_tokens: int,
    logits_mb: int = LOGITS_MB,
) -> SparseWorkspace:
    """What the indexer of a model takes in the profile run; nothing where it has none.

    Keys of some requests of the longest context are gathered, and scores are held in pieces. ROCm
    also keeps scores of every key for each token of a decode step: 16 GiB for DeepSeek-V4's
    million tokens, until the step was counted by its requests. ``tokens`` are those of a step
    (max_num_batched_tokens), ``decode_tokens`` those that all requests decode at once. The
    workspace is one for all that use it, so the largest claim counts: the experts' may cover it.

    Source: vllm.v1.attention.backends.mla.indexer.get_max_prefill_buffer_size,
    vllm.model_executor.layers.sparse_attn_indexer.sparse_attn_indexer,
    vllm.v1.attention.ops.rocm_aiter_mla_sparse (0.12.0, 0.13.0, 0.19.0, 0.23.0, 0.30.0, 0.33.0)
    Checked: vllm-project/vllm#53961 (0.26, MI300X): DeepSeek-V4-Pro fits with 8,192 tokens a step
    and not with 16,384.
    """
    keys = _gathered_keys(architecture)
    if keys is None:
        return SparseWorkspace()
    row_bytes, tokens_a_key = keys
    contexts = version.indexer_contexts[max_model_len > _LONG_CONTEXT]
    kept = max_model_len * contexts // tokens_a_key * row_bytes + _TOP_K_BYTES
    if rocm and version.rocm_indexer_logits != "none":
        counted = version.rocm_indexer_logits == "tokens"
        rows = tokens if counted else min(tokens, decode_tokens)
        kept = max(kept, rows * (max_model_len // tokens_a_key) * DTYPE_BYTES["float32"])
    return SparseWorkspace(kept=kept, scratch=logits_mb * MIB if version.indexer_scratch else 0)


def _gathered_keys(architecture: Architecture) -> tuple[int, int] | None:
    """Bytes of a key, and how many tokens share it."""
    for kind in architecture.kinds:
        for cache in kind.caches:
            if isinstance(cache, SparseIndexer):
                return cache.row_bytes, cache.compress_ratio
            if isinstance(cache, PooledIndexer):
                return cache.row_bytes, cache.pool
    return None
