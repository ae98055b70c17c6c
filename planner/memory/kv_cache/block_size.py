"""How many tokens a block holds, and to what pages are padded so that they share a pool.

Every pipeline stage decides for itself, from the layers it holds.
Source: vllm.platforms.interface.Platform.update_block_size_for_backend (0.33.0)
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import lcm
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen
from planner.memory.kv_cache.dtypes import element_bytes, head_bytes, kv_dtype, latent_bytes
from planner.model.cache import CacheSpec, FullAttention, Mla, SlidingWindow
from planner.vllm.attention_backend import (
    DEFAULT_BLOCK_SIZE,
    AttentionBackend,
    resized_for_model,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.memory.kv_cache.backends import LayerCache
    from planner.memory.kv_cache.settings import KvCacheSettings
    from planner.memory.kv_cache.states import StateNeeds
    from planner.vllm.attention_need import AttentionNeed


@frozen
class Blocks:
    """What a stage settles.

    Attributes:
        size: tokens in a block of attention, what vLLM prints as the block size.
        state: tokens that a block of a state stands for.
        state_padded_bytes: a state's page as padded to attention's; None when it needs none.
        skipped_padded_bytes: pages of window layers that keep the model's dtype.
    """

    size: int
    state: int
    state_padded_bytes: int | None = None
    skipped_padded_bytes: int | None = None


@frozen
class ModelFacts:
    """What block sizes depend on beyond a stage's own layers.

    ``attention`` is the cache that vLLM takes the model's head count and size from, ``need``
    what it asks of a backend.
    """

    attention: CacheSpec | None
    need: AttentionNeed | None
    states: StateNeeds | None
    skips_layers: bool


def stage_blocks(
    layers: Sequence[tuple[LayerCache, ...]],
    facts: ModelFacts,
    settings: KvCacheSettings,
    tensor_parallel_size: int,
) -> Blocks:
    """The block size of one stage, of which each kind of layer is given once.

    Raises:
        UsageError: backends of the stage share no block size, or refuse the aligned one.
    """
    backends = _distinct_backends(layers, facts, settings)
    given = settings.block_size or DEFAULT_BLOCK_SIZE
    state = given if settings.prefix_caching else settings.max_model_len
    if not backends:
        return Blocks(size=given, state=state)
    chosen = settings.block_size or common_block_size(backends)
    blocks = Blocks(size=chosen, state=state)
    if facts.states is not None and facts.states.page_bytes and facts.attention is not None:
        blocks = _beside_states(blocks, backends, facts, settings, tensor_parallel_size)
    if facts.skips_layers and facts.attention is not None:
        blocks = _beside_skipped(blocks, backends[0], facts, settings, tensor_parallel_size)
    refusing = [b.name for b in backends if not b.accepts(blocks.size)]
    if blocks.size != chosen and refusing:
        raise UsageError(
            f"the aligned block size of {blocks.size} tokens is not supported by "
            f"{', '.join(refusing)}",
            cause="blocks are lengthened until attention's pages hold a state or a wider page",
            fix="leave out --block-size, or use another --kv-cache-dtype",
        )
    return blocks


def _distinct_backends(
    layers: Sequence[tuple[LayerCache, ...]], facts: ModelFacts, settings: KvCacheSettings
) -> list[AttentionBackend]:
    caches = (cache for layer in layers for cache in layer)
    found = dict.fromkeys(cache.backend for cache in caches if cache.backend is not None)
    if facts.need is None:
        return list(found)
    need, capability = facts.need, settings.capability
    return list(dict.fromkeys(resized_for_model(b, need, capability) for b in found))


def common_block_size(backends: Sequence[AttentionBackend]) -> int:
    """The smallest block that every backend accepts, 16 tokens where they let it.

    Source: vllm.platforms.interface.Platform._preferred_block_size_for_backends (0.33.0)
    """
    if len(backends) == 1:
        only = backends[0]
        if only.preferred is not None:
            return only.preferred
        return DEFAULT_BLOCK_SIZE if only.accepts(DEFAULT_BLOCK_SIZE) else only.smallest
    sizes = [DEFAULT_BLOCK_SIZE]
    sizes += sorted({lcm(*each) for each in product(*(b.block_sizes for b in backends))})
    for size in sizes:
        if all(backend.accepts(size) for backend in backends):
            return size
    raise UsageError(
        "the attention backends of this model share no block size",
        cause="; ".join(f"{b.name} takes {b.block_sizes}" for b in backends),
        fix="use another --kv-cache-dtype",
    )


def _beside_states(
    blocks: Blocks,
    backends: Sequence[AttentionBackend],
    facts: ModelFacts,
    settings: KvCacheSettings,
    tensor_parallel_size: int,
) -> Blocks:
    """Blocks long enough that a page of attention holds a state; the state is padded to it.

    Source: vllm.platforms.interface.Platform._align_hybrid_block_size (0.26.0, 0.33.0)
    """
    states = facts.states
    if states is None or facts.attention is None:
        return blocks
    token_bytes = _token_bytes(facts, backends[0], settings, tensor_parallel_size)
    align = max(backends[0].smallest, blocks.size)
    if isinstance(facts.attention, Mla):
        align = max(align, settings.latent_alignment)
    if settings.prefix_caching:
        align = lcm(align, states.checkpoint_alignment)
    size = align * -(-states.page_bytes // (align * token_bytes))
    step = lcm(*(backend.smallest for backend in backends))
    size = max(blocks.size, step * -(-size // step))
    page = size * token_bytes
    return replace(
        blocks,
        size=size,
        state=size if settings.prefix_caching else blocks.state,
        state_padded_bytes=page if page != states.page_bytes else None,
    )


def _beside_skipped(
    blocks: Blocks,
    backend: AttentionBackend,
    facts: ModelFacts,
    settings: KvCacheSettings,
    tensor_parallel_size: int,
) -> Blocks:
    """Blocks of quantized layers long enough to hold a page of those that are left out.

    Source: vllm.platforms.interface.Platform._align_heterogeneous_kv_block_size (0.33.0)
    """
    quantized = _packed_token_bytes(facts, backend, settings, tensor_parallel_size)
    plain = _packed_token_bytes(
        facts, backend, replace(settings, kv_cache_dtype="auto"), tensor_parallel_size
    )
    if plain == quantized:
        return blocks
    align = max(backend.smallest, blocks.size)
    needed = max(plain * backend.smallest, blocks.state_padded_bytes or 0)
    size = max(blocks.size, align * -(-needed // (align * quantized)))
    page = size * quantized
    padded = page if blocks.state_padded_bytes is not None else None
    return replace(blocks, size=size, state_padded_bytes=padded, skipped_padded_bytes=page)


def _token_bytes(
    facts: ModelFacts,
    backend: AttentionBackend,
    settings: KvCacheSettings,
    tensor_parallel_size: int,
) -> int:
    """Bytes of one token in one attention layer, as the alignment with states counts them."""
    name = settings.kv_cache_dtype
    if not kv_dtype(name).turboquant or isinstance(facts.attention, Mla):
        return _packed_token_bytes(facts, backend, settings, tensor_parallel_size)
    heads, size = _heads(facts.attention, tensor_parallel_size)
    packed = heads * head_bytes(name, settings.dtype, size, size)
    if not facts.skips_layers:
        return packed
    return lcm(packed, heads * 2 * size * element_bytes("auto", settings.dtype))


def _packed_token_bytes(
    facts: ModelFacts,
    backend: AttentionBackend,
    settings: KvCacheSettings,
    tensor_parallel_size: int,
) -> int:
    """As the backend of the first layer would pack it."""
    name = settings.kv_cache_dtype
    if isinstance(facts.attention, Mla):
        plain = "fp8" if kv_dtype(name).mla_bytes else name
        return latent_bytes(plain, settings.dtype, facts.attention.head_size)
    heads, size = _heads(facts.attention, tensor_parallel_size)
    if _packs(backend.name, name):
        return heads * head_bytes(name, settings.dtype, size, size)
    return heads * 2 * size * element_bytes(name, settings.dtype)


def _packs(backend: str, name: str) -> bool:
    """Whether a backend lays out this format itself; others count plain elements."""
    dtype = kv_dtype(name)
    return (
        (dtype.scales > 0 and backend == "TRITON_ATTN")
        or (dtype.nvfp4 and backend == "FLASHINFER")
        or (dtype.turboquant and backend == "TURBOQUANT")
    )


def _heads(attention: CacheSpec | None, tensor_parallel_size: int) -> tuple[int, int]:
    """KV heads of one rank, and their size."""
    if not isinstance(attention, FullAttention | SlidingWindow):
        return 1, 0
    return max(1, attention.kv_heads // tensor_parallel_size), attention.head_size
