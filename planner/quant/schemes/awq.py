"""AWQ's layout: 4-bit weights packed along the outputs, a zero point a group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.quant.base import Misfit, Stored
from planner.quant.schemes.base import INT32, AnyShard
from planner.quant.schemes.grouped import (
    INT32_BITS,
    MARLIN_GROUPS,
    either,
    group_misfit,
    marlin_takes_experts,
    straddles,
)
from planner.quant.schemes.moe_wna16 import MoeWna16

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard

BITS = 4
_PER_INT32 = INT32_BITS // BITS
_SOURCE = "vllm.model_executor.layers.quantization.auto_awq.BaseAWQLinearMethod.create_weights"


@frozen
class Awq(AnyShard):
    """4 bits a weight, a scale and a zero point for each group of ``group_size`` inputs.

    ``pads_experts`` says that begun tiles of experts are filled up for Marlin.

    Source: vllm.model_executor.layers.quantization.auto_awq.AutoAWQMarlinLinearMethod,
    AutoAWQMoEMethod (0.33.0)
    """

    group_size: int
    zero_points: bool = True
    pads_experts: bool = True
    weight_bits: float = BITS
    kernel = f"int{BITS}"

    @property
    def name(self) -> str:
        """Its groups in words."""
        return f"awq int4, groups of {self.group_size}"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """Packed weight, packed zero points, scales in the model's dtype."""
        count = shard.inputs // self._group(shard.full_inputs)
        packed_rows = shard.rows // _PER_INT32
        return (
            Stored(tensor_bytes=shard.inputs * packed_rows * INT32),
            Stored(tensor_bytes=count * packed_rows * INT32),
            Stored(tensor_bytes=count * shard.rows * shard.dtype_bytes),
        )

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """The same stacked, as Marlin reads it or else as moe_wna16 does."""
        takes = marlin_takes_experts(shard, self.group_size, pads=self.pads_experts)
        return either(takes, self._marlin_experts(shard), self._fallback.experts(shard))

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """No group may reach over two ranks; without Marlin rows are packed whole, too."""
        error = "is not aligned with the quantized weight shape"
        inputs = group_misfit(
            straddles(shard, self.group_size),
            shard,
            self.group_size,
            source=_SOURCE,
            error=f"The input size {error}",
        )
        if self._marlin:
            return (inputs,)
        rows = Misfit(
            broken=np.asarray(shard.rows % _PER_INT32 != 0),
            size=shard.rows,
            step=_PER_INT32,
            what="output features a rank, packed into int32",
            source=_SOURCE,
            error=f"The output size {error}",
        )
        return (inputs, rows)

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """What neither Marlin nor moe_wna16 can store."""
        takes = marlin_takes_experts(shard, self.group_size, pads=self.pads_experts)
        found = self._fallback.misfits(shard)
        return tuple(replace(each, broken=each.broken & ~takes) for each in found)

    @property
    def _marlin(self) -> bool:
        return self.zero_points and self.group_size in MARLIN_GROUPS

    @property
    def _fallback(self) -> MoeWna16:
        return MoeWna16(bits=BITS, group_size=self.group_size, zero_points=self.zero_points)

    def _group(self, features: int) -> int:
        return self.group_size if self.group_size > 0 else features

    def _marlin_experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        matrices = [(*matrix, matrix[1] // self.group_size) for matrix in shard.matrices]
        sizes = (
            *(columns * (rows // _PER_INT32) * INT32 for rows, columns, _ in matrices),
            *(count * rows * shard.dtype_bytes for rows, _, count in matrices),
            *(count * (rows // _PER_INT32) * INT32 for rows, _, count in matrices),
        )
        return tuple(Stored(tensor_bytes=shard.experts * size) for size in sizes)
