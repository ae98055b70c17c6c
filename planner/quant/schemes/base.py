"""What most schemes share, and the widths of what they store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard, Misfit, Stored

FLOAT32 = DTYPE_BYTES["float32"]
INT32 = DTYPE_BYTES["int32"]
INT64 = DTYPE_BYTES["int64"]


class AnyShard:
    """A scheme that fits every shard, and whose attention layers load no scales."""

    __slots__ = ()

    def attention(self, dtype_bytes: int) -> tuple[Stored, ...]:
        """None."""
        del dtype_bytes
        return ()

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """Any shard will do."""
        del shard
        return ()

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """Any shard will do."""
        del shard
        return ()
