"""The number format a cache is stored in, and the attention backend that reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen
from planner.memory.kv_cache.dtypes import kv_dtype
from planner.model.cache import (
    ChunkedLocal,
    CompressedLatent,
    CompressorState,
    CrossAttention,
    EncoderOnly,
    FullAttention,
    Mla,
    SlidingWindow,
    WindowLatent,
)
from planner.model.indexer_cache import (
    BlockIndexer,
    GroupIndexer,
    GroupTail,
    PooledIndexer,
    PoolTail,
    SparseIndexer,
)
from planner.vllm.attention_backend import (
    BLOCK_INDEXER,
    BLOCK_SPARSE,
    GROUP_KEYS,
    GROUP_SPARSE,
    POOL_TAIL,
    SPARSE_INDEXER,
    UNLIKE_HEADS,
    V4_COMPRESSOR,
    V4_INDEXER,
    V4_LATENT,
    V4_WINDOW,
    AttentionBackend,
    choose_backend,
    pooled_indexer,
)
from planner.vllm.attention_need import AttentionNeed, NoBackendError

if TYPE_CHECKING:
    from planner.memory.kv_cache.settings import KvCacheSettings
    from planner.model.cache import CacheSpec

_V4 = (CompressedLatent, WindowLatent, CompressorState)
_SPARSE_MAJORS = (9, 10, 12)


@frozen(kw_only=False)
class LayerCache:
    """One cache of one layer. ``backend`` is None for a state, which no attention reads."""

    spec: CacheSpec
    kv_cache_dtype: str
    backend: AttentionBackend | None


def layer_cache(
    spec: CacheSpec, settings: KvCacheSettings, *, dcp: bool, skipped: bool
) -> LayerCache:
    """A cache as a layer stores it; ``skipped`` layers keep the model's dtype.

    Raises:
        NoBackendError: no attention backend serves the layer.
    """
    asked = "auto" if skipped else settings.kv_cache_dtype
    backend = _backend(spec, asked, settings, dcp=dcp)
    return LayerCache(spec, _stored_dtype(spec, asked, backend), backend)


def _stored_dtype(spec: CacheSpec, asked: str, backend: AttentionBackend | None) -> str:
    """The format that a sparse backend, or one for unlike heads, makes of the asked one.

    The latter has a byte for each element of any quantized cache, and none for scales.
    Source: vllm.model_executor.layers.attention.mla_attention
    ._canonicalize_sparse_mla_kv_cache_dtype, vllm.models.deepseek_v4.attention
    ._resolve_dsv4_kv_cache_dtype (0.33.0)
    """
    if isinstance(spec, _V4):
        return "fp8_ds_mla"
    if backend is not None and backend.name.endswith(UNLIKE_HEADS):
        return asked if asked in ("auto", "float16", "bfloat16") else "fp8"
    if backend is None or not isinstance(spec, Mla):
        return asked
    fp8 = asked in ("fp8", "fp8_e4m3", "fp8_ds_mla")
    if backend.name == "FLASHMLA_SPARSE" and fp8:
        return "fp8_ds_mla"
    if backend.name == "FLASHINFER_MLA_SPARSE_SM120" and (fp8 or asked == "auto"):
        return "fp8_ds_mla"
    return asked


def _backend(
    spec: CacheSpec, asked: str, settings: KvCacheSettings, *, dcp: bool
) -> AttentionBackend | None:
    fixed = _fixed_backend(spec, settings.capability)
    if fixed is not None:
        if isinstance(spec, (SparseIndexer, PooledIndexer, *_V4)):
            _refuse_v4(spec, settings)
        return fixed
    if isinstance(spec, ChunkedLocal):
        asked = settings.kv_cache_dtype  # chunks ask for a backend before layers are left out
        _refuse_packed_chunks(settings)
    need = attention_need(spec, asked, settings, dcp=dcp)
    if need is None:
        return None
    return choose_backend(need, settings.capability, flashinfer=settings.flashinfer)


def _refuse_v4(spec: CacheSpec, settings: KvCacheSettings) -> None:
    """Source: vllm.models.deepseek_v4.attention._resolve_dsv4_kv_cache_dtype (0.33.0)."""
    name = settings.kv_cache_dtype
    if isinstance(spec, CompressedLatent | WindowLatent) and not name.startswith(("auto", "fp8")):
        raise UsageError(
            f"DeepSeek-V4 does not store its KV cache as {name}",
            cause="its kernels read the fp8_ds_mla layout only",
            fix="use --kv-cache-dtype fp8",
        )
    if settings.capability // 10 not in _SPARSE_MAJORS:
        raise NoBackendError(
            "sparse attention needs DeepGEMM, which runs on compute capability 9.x, 10.x and 12.x",
            cause=f"this GPU has {settings.capability / 10}",
            fix="use Hopper or Blackwell GPUs",
        )


def _refuse_packed_chunks(settings: KvCacheSettings) -> None:
    if kv_dtype(settings.kv_cache_dtype).turboquant:
        raise UsageError(
            f"{settings.kv_cache_dtype} does not serve chunked local attention",
            cause="layers at the ends keep the model's dtype, which TurboQuant's backend refuses",
            fix="use --kv-cache-dtype fp8",
        )


_OWN_BACKENDS = {
    BlockIndexer: BLOCK_INDEXER,
    PoolTail: POOL_TAIL,
    GroupIndexer: GROUP_KEYS,
    GroupTail: GROUP_KEYS,
    CompressedLatent: V4_LATENT,
    WindowLatent: V4_WINDOW,
    CompressorState: V4_COMPRESSOR,
}


def _fixed_backend(spec: CacheSpec, capability: int) -> AttentionBackend | None:
    """The backend that a model class names itself."""
    if isinstance(spec, SparseIndexer):
        return SPARSE_INDEXER if spec.compress_ratio == 1 else V4_INDEXER
    if isinstance(spec, PooledIndexer):
        return pooled_indexer(spec.pool, capability)
    if isinstance(spec, FullAttention) and spec.picks:
        return BLOCK_SPARSE if spec.picks == "blocks" else GROUP_SPARSE
    return _OWN_BACKENDS.get(type(spec))


def attention_need(
    spec: CacheSpec, asked: str, settings: KvCacheSettings, *, dcp: bool
) -> AttentionNeed | None:
    """What a cache's layer asks of the backend selector; None where none is asked."""
    if not isinstance(
        spec, Mla | FullAttention | SlidingWindow | ChunkedLocal | CrossAttention | EncoderOnly
    ):
        return None
    need = AttentionNeed(
        head_size=spec.head_size,
        head_size_v=spec.head_size,
        dtype=settings.dtype,
        kv_cache_dtype=asked,
        run_kv_cache_dtype=settings.kv_cache_dtype,
        block_size=settings.block_size,
        dcp=dcp,
        flash_attention_2=kv_dtype(settings.kv_cache_dtype).turboquant,
    )
    match spec:
        case Mla():
            return replace(
                need,
                mla=True,
                index_topk=spec.index_topk,
                qk_nope_head_dim=spec.qk_nope_head_dim,
                qk_rope_head_dim=spec.qk_rope_head_dim,
            )
        case FullAttention() | SlidingWindow():
            return replace(
                need,
                head_size_v=spec.head_size_v,
                sinks=spec.sinks,
                softcap=spec.softcap,
                mm_prefix=spec.mm_prefix,
                window=isinstance(spec, SlidingWindow),
                mixed_heads=spec.mixed_heads,
            )
        case CrossAttention() | EncoderOnly():
            cross = isinstance(spec, CrossAttention)
            return replace(need, role="cross" if cross else "encoder_only", dcp=False)
    return need
