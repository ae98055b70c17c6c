"""Experts of GPTQ and AWQ checkpoints that Marlin cannot run: uint8 packing, finer groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.quant.base import Misfit, Stored

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard
    from planner.units import IntLike

UINT8_BITS = 8
_FINEST_GROUP = 32
_KERNEL_BITS = 4
_SOURCE = "vllm.model_executor.layers.quantization.moe_wna16.MoeWNA16Method.create_weights"


@frozen
class MoeWna16:
    """``bits`` a weight; groups are halved until a rank holds whole ones.

    Source: vllm.model_executor.layers.quantization.moe_wna16.MoeWNA16Method (0.33.0)
    Checked: Qwen3-30B-A3B-GPTQ-Int4 TP4, whose 192 expert features are 1.5 groups of 128.
    """

    bits: int
    group_size: int
    zero_points: bool = False

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Packed weights, scales and zero points, both matrices of each."""
        group = self._group(shard)
        per_byte = UINT8_BITS // self.bits
        zeros = 1 if self.zero_points else 0
        sizes = (
            *(rows * (columns // per_byte) for rows, columns in shard.matrices),
            *(rows * (columns // group) * shard.dtype_bytes for rows, columns in shard.matrices),
            *(rows // per_byte * (columns // group) * zeros for rows, columns in shard.matrices),
        )
        return tuple(Stored(tensor_bytes=shard.experts * size) for size in sizes)

    def misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """Groups cannot be finer than 32; early kernels take whole blocks of features only."""
        return (self._group_misfit(shard), *self._block_misfits(shard))

    def _block_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """Source: fused_moe.get_moe_wna16_block_config, should_moe_wna16_use_cuda (0.8.5)."""
        if self.bits != _KERNEL_BITS or shard.wna16_block == 1:
            return ()
        return tuple(
            Misfit(
                broken=np.asarray(features % shard.wna16_block != 0),
                size=features,
                step=shard.wna16_block,
                what="expert features a rank, in blocks of moe_wna16's kernel",
                source="vllm.model_executor.layers.fused_moe.fused_moe.get_moe_wna16_block_config",
                error="size_k must divisible by BLOCK_SIZE_K",
            )
            for features in (shard.intermediate, shard.hidden)
        )

    def _group_misfit(self, shard: ExpertShard) -> Misfit:
        shared = np.gcd(shard.intermediate, shard.hidden)
        return Misfit(
            broken=np.asarray(shared % self._group(shard) != 0),
            size=shard.intermediate,
            step=_FINEST_GROUP,
            what=f"expert features a rank, in groups of at least {_FINEST_GROUP}",
            source=_SOURCE,
            error="assert group_size >= 32",
        )

    def _group(self, shard: ExpertShard) -> IntLike:
        shared = np.gcd(shard.intermediate, shard.hidden)
        group: IntLike = np.full_like(shared, self.group_size)
        for _ in range((self.group_size // _FINEST_GROUP).bit_length() - 1):
            group = np.where(shared % group == 0, group, group // 2)
        return group
