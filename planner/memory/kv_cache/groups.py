"""How vLLM puts layers into groups that share a table of blocks.

All groups draw blocks from one pool, so a block of any group takes the same bytes.
Source: vllm.v1.core.kv_cache_planning.get_kv_cache_groups (0.33.0)
"""

from __future__ import annotations

from dataclasses import replace
from math import lcm
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen
from planner.memory.kv_cache.packed import packed_buckets
from planner.memory.kv_cache.page import CacheKind, Page
from planner.units import ceil_div, round_up

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUP_PADDING = 1.5
"""a group as large as the largest kind, if that is less than this many times the smallest"""

_KEEP_GROUPS = (
    "leave out --disable-hybrid-kv-cache-manager; a connector must know groups of caches, as "
    "OffloadingConnector and NixlConnector do"
)


@frozen(kw_only=False)
class Member:
    """The page of neighbouring layers' caches, and the pipeline stage that holds them."""

    stage: int
    page: Page
    layers: int = 1


Group = tuple[Member, ...]


def cache_groups(
    members: Sequence[Member], *, hybrid_manager: bool = True, group_padding: float = GROUP_PADDING
) -> list[Group]:
    """The groups of a whole model, all stages together.

    One group where all layers are alike or grow alike; else pages are made equal and the
    layers of each kind are dealt into groups of equal size. ``group_padding`` is the version's
    fact of that name.

    Raises:
        UsageError: the layers cannot share a pool.
    """
    if not hybrid_manager:
        members = _promote(members)
    if not members:
        return []
    if _alike(members) or all(members[0].page.same_type(m.page) for m in members):
        return [tuple(members)]
    if any(member.page.block_outermost for member in members):
        single = _one_layer_each(members)
        packed = packed_buckets([member.page for member in single])
        if packed is not None:
            return [tuple(single[i] for i in bucket) for bucket in packed]
    unified = _unify(members)
    if unified is None:
        return [_all_as_full(members)]
    return _dealt(_one_layer_each(unified), group_padding)


def _one_layer_each(members: Sequence[Member]) -> list[Member]:
    return [Member(m.stage, m.page) for m in members for _ in range(m.layers)]


def _alike(members: Sequence[Member]) -> bool:
    """Source: vllm.v1.core.kv_cache_planning.is_kv_cache_spec_uniform (0.33.0)."""
    pages = {member.page for member in members}
    keys = {page.merge_key for page in pages}
    windows = {page.window for page in pages if page.window is not None}
    if len(keys) == 1 and next(iter(keys)).kind is CacheKind.FULL and len(windows) > 1:
        raise UsageError(
            f"windows of {sorted(windows)} tokens cannot be booked as one",
            cause="without the hybrid manager all windows of a model must be equal",
            fix=_KEEP_GROUPS,
        )
    return len(keys) == 1


def _unify(members: Sequence[Member]) -> list[Member] | None:
    """Give all pages the bytes of the largest; None where a latent cannot be made to fit.

    Blocks are lengthened where that comes out even, else pages are padded.
    Source: vllm.v1.core.kv_cache_planning.unify_kv_cache_spec_page_size (0.33.0)
    """
    largest = max(member.page.page_bytes for member in members)
    unified: dict[Page, Page] = {}
    for page in dict.fromkeys(member.page for member in members):
        ratio, rest = divmod(largest, page.page_bytes)
        if ratio == 1 and not rest:
            unified[page] = page
        elif page.kind is not CacheKind.STATE and not rest:
            unified[page] = page.resized(page.block_size * ratio)
        elif page.kind is CacheKind.MLA:
            return None
        else:
            unified[page] = replace(page, padded_bytes=largest)
    return [Member(m.stage, unified[m.page], m.layers) for m in members]


def _dealt(members: Sequence[Member], group_padding: float) -> list[Group]:
    """Deal the layers of each kind into groups of the smallest kind's size.

    Layer i of a kind goes to group i modulo their number, so that every pipeline stage gets
    its share of each group.
    Source: vllm.v1.core.kv_cache_planning._get_kv_cache_groups_uniform_page_size (0.33.0)
    """
    kinds: dict[Page, list[Member]] = {}
    for member in members:
        kinds.setdefault(member.page, []).append(member)
    buckets: dict[Page, list[Member]] = {}
    for page, same in kinds.items():
        buckets.setdefault(page.merge_key, []).extend(same)
    counts = [len(bucket) for bucket in buckets.values()]
    size = max(counts) if max(counts) < min(counts) * group_padding else min(counts)
    groups = []
    for bucket in buckets.values():
        number = ceil_div(len(bucket), size)
        groups += [tuple(bucket[i::number]) for i in range(number)]
    return groups


def _all_as_full(members: Sequence[Member]) -> Group:
    """Book windows beside a latent as full attention, in one group.

    Source: vllm.v1.core.kv_cache_planning._try_get_full_allocation_fallback_groups (0.33.0)
    """
    kinds = {member.page.kind for member in members}
    promoted = _promoted(members) if kinds == {CacheKind.MLA, CacheKind.SLIDING_WINDOW} else None
    if promoted is None:
        raise UsageError(
            "the caches of this model's layers cannot share a pool",
            cause="a latent's page does not divide the largest page and cannot be padded",
            fix="use another --block-size or --kv-cache-dtype",
        )
    return tuple(promoted)


def _promote(members: Sequence[Member]) -> list[Member]:
    """Book windows and chunks as full attention (``--disable-hybrid-kv-cache-manager``).

    Source: vllm.v1.core.kv_cache_planning.unify_hybrid_kv_cache_specs (0.33.0)
    """
    promoted = _promoted(members)
    if promoted is None:
        raise UsageError(
            "this model's caches cannot be booked as full attention",
            cause="they grow unlike each other, and vLLM cannot make them one kind",
            fix=_KEEP_GROUPS,
        )
    return promoted


def _promoted(members: Sequence[Member]) -> list[Member] | None:
    """Source: vllm.v1.core.kv_cache_planning._promote_local_kv_cache_specs (0.33.0)."""
    if _one_type(members):
        return list(members)
    full_sizes = {m.page.block_size for m in members if m.page.kind.is_full}
    block_size = next(iter(full_sizes)) if len(full_sizes) == 1 else None
    if full_sizes and any(m.page.kind is CacheKind.SLIDING_WINDOW_MLA for m in members):
        return None  # vLLM fails on a field that only windows of latents have
    local = (CacheKind.SLIDING_WINDOW, CacheKind.CHUNKED_LOCAL)
    result = []
    for member in members:
        page = member.page
        if full_sizes and page.kind in local:
            page = _as_full(page, block_size or page.block_size)
        result.append(Member(member.stage, page, member.layers))
    return result if _one_type(result) else None


def _as_full(page: Page, block_size: int) -> Page:
    padded = page.padded_bytes
    if padded is not None:
        padded = max(padded, page.unpadded_bytes * block_size // page.block_size)
    kind = CacheKind.FULL
    return replace(page, kind=kind, block_size=block_size, padded_bytes=padded, retained=0)


def _one_type(members: Sequence[Member]) -> bool:
    return (
        not members
        or _alike(members)
        or all(members[0].page.same_type(member.page) for member in members)
    )


def bytes_per_block(groups: Sequence[Group], stages: int) -> tuple[int, ...]:
    """Bytes of one block of the pool on a rank of each stage: its widest group.

    Source: vllm.v1.core.kv_cache_planning._get_kv_cache_bytes_per_block (0.33.0)
    """
    outermost = {m.stage for group in groups for m in group if m.page.block_outermost}
    widest = [0] * stages
    multiples = [1] * stages
    for group in groups:
        width = [0] * stages
        for member in group:
            stage, page = member.stage, member.page
            if stage in outermost:
                width[stage] += page.page_bytes * member.layers
                multiples[stage] = lcm(multiples[stage], page.stride_multiple)
            else:
                width[stage] += page.stride_bytes * member.layers
        widest = list(map(max, widest, width))
    return tuple(map(round_up, widest, multiples))
