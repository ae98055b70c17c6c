"""Groups whose pages of unlike size lie side by side in one block (DeepSeek-V4, GLM-5.3).

Source: vllm.v1.core.kv_cache_planning._get_packed_kv_cache_groups (0.33.0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.memory.kv_cache.page import CacheKind, Page
from planner.units import ceil_div

if TYPE_CHECKING:
    from collections.abc import Sequence


@frozen(kw_only=False)
class _Bucket:
    """Layers that grow alike: their indices, by page size in order of appearance."""

    first: Page
    by_bytes: dict[int, list[int]]

    @property
    def count(self) -> int:
        return sum(map(len, self.by_bytes.values()))

    @property
    def most(self) -> int:
        """Layers of the page size that most have."""
        return max(map(len, self.by_bytes.values()))

    @property
    def balanced(self) -> bool:
        """Whether each page size has as many layers: a pattern that repeats."""
        return len({len(layers) for layers in self.by_bytes.values()}) == 1


def packed_buckets(pages: Sequence[Page]) -> list[list[int]] | None:
    """The layers of each group, by index; None where all pages are of one size.

    Buckets that repeat a pattern are split into groups of as many repeats each, such that
    groups come out about equally wide; states fill the width that the others need.
    """
    if len({page.page_bytes for page in pages}) <= 1:
        return None
    buckets = _buckets(pages)
    floor = max((b.most for b in buckets if b.balanced and len(b.by_bytes) > 1), default=0)
    repeats = _least_padding([b.most for b in buckets if b.balanced], floor) if floor else None
    width = max(_width(b, _number(b, repeats, fill=True)) for b in buckets)
    groups: list[list[int]] = []
    for bucket in buckets:
        number = _number(bucket, repeats)
        if _fills(bucket, repeats):
            number = max(number, ceil_div(bucket.count, max(width // bucket.first.page_bytes, 1)))
        groups += _split(bucket, number)
    return groups


def _buckets(pages: Sequence[Page]) -> list[_Bucket]:
    buckets: list[_Bucket] = []
    for index, page in enumerate(pages):
        bucket = next((b for b in buckets if b.first.same_type(page)), None)
        if bucket is None:
            bucket = _Bucket(page, {})
            buckets.append(bucket)
        bucket.by_bytes.setdefault(page.page_bytes, []).append(index)
    return buckets


def _number(bucket: _Bucket, repeats: int | None, *, fill: bool = False) -> int:
    """Groups a bucket is split into; one a layer when it only fills up what others need."""
    if fill and _fills(bucket, repeats):
        return bucket.count
    return ceil_div(bucket.most, repeats) if bucket.balanced and repeats is not None else 1


def _fills(bucket: _Bucket, repeats: int | None) -> bool:
    """Whether the bucket may be split down to one layer a group."""
    kind = bucket.first.kind
    fixed = kind in (CacheKind.STATE, CacheKind.CIRCULAR)
    return fixed or (repeats is None and kind.is_window)


def _width(bucket: _Bucket, number: int) -> int:
    """Bytes of the largest of ``number`` groups."""
    return sum(ceil_div(len(layers), number) * size for size, layers in bucket.by_bytes.items())


def _split(bucket: _Bucket, number: int) -> list[list[int]]:
    if number == 1:
        return [sorted(index for layers in bucket.by_bytes.values() for index in layers)]
    repeats = list(zip(*bucket.by_bytes.values(), strict=False))
    return [[index for repeat in repeats[i::number] for index in repeat] for i in range(number)]


def _least_padding(counts: Sequence[int], floor: int) -> int:
    """The group size, not below ``floor``, that pads the counts least; the largest of equals.

    Source: vllm.v1.core.kv_cache_planning._approximate_gcd (0.33.0)

    >>> _least_padding([43, 21, 21, 20], 21)
    22
    """
    sizes = range(floor, max(*counts, floor) + 1)
    return min(sizes, key=lambda size: (sum(-count % size for count in counts), -size))
