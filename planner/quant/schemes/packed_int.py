"""Whole-number weights packed into int32 along the input features: W4A16, W8A16 and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.quant.base import Misfit, Stored
from planner.quant.schemes.base import INT32, INT64, AnyShard
from planner.quant.schemes.grouped import INT32_BITS, PER_CHANNEL, group_misfit, groups
from planner.quant.unquantized import expert_biases
from planner.units import ceil_div

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard
    from planner.units import IntLike

_PREFIX = "vllm.model_executor.layers.quantization.compressed_tensors"
_LINEAR = f"{_PREFIX}.schemes.compressed_tensors_wNa16"
_MOE = f"{_PREFIX}.compressed_tensors_moe.compressed_tensors_moe_wna16"


@frozen
class PackedInt(AnyShard):
    """``bits`` a weight, scales in the model's dtype for groups of ``group_size`` inputs.

    compressed-tensors also keeps the shape before packing: two int64 a linear layer, two
    numbers of the model's dtype an expert's matrix.

    Source: vllm.model_executor.layers.quantization.compressed_tensors.schemes
    .compressed_tensors_wNa16, .compressed_tensors_moe.compressed_tensors_moe_wna16 (0.33.0)
    """

    bits: int
    group_size: int = PER_CHANNEL
    symmetric: bool = True

    @property
    def name(self) -> str:
        """Its bits and groups in words."""
        per = "per channel" if self.group_size == PER_CHANNEL else f"groups of {self.group_size}"
        return f"int{self.bits} weights, {per}"

    @property
    def kernel(self) -> str:
        """The kernels that take it."""
        return f"int{self.bits}"

    @property
    def weight_bits(self) -> float:
        """Bits of one weight, without scales."""
        return self.bits

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """The packed weight, its scales and shape, and zero points where it is not symmetric."""
        count = groups(shard.inputs, self.group_size)
        packed_inputs = ceil_div(shard.inputs * self.bits, INT32_BITS)
        tensors = (
            Stored(tensor_bytes=shard.rows * packed_inputs * INT32),
            Stored(tensor_bytes=shard.rows * count * shard.dtype_bytes),
            Stored(tensor_bytes=2 * INT64),
        )
        if self.symmetric:
            return tensors
        packed_rows = ceil_div(shard.rows * self.bits, INT32_BITS)
        return (*tensors, Stored(tensor_bytes=packed_rows * count * INT32))

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """The same stacked, of both matrices."""
        sizes: list[IntLike] = []
        for rows, columns in shard.matrices:
            count = groups(columns, self.group_size)
            sizes += [
                rows * (columns * self.bits // INT32_BITS) * INT32,
                rows * count * shard.dtype_bytes,
                2 * shard.dtype_bytes,
            ]
            if not self.symmetric:
                sizes.append(rows * self.bits // INT32_BITS * count * INT32)
        tensors = tuple(Stored(tensor_bytes=shard.experts * size) for size in sizes)
        return tensors + expert_biases(shard)

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """Each rank must hold whole groups."""
        if self.group_size == PER_CHANNEL:
            return ()
        broken = np.asarray(shard.inputs % self.group_size != 0)
        return (
            group_misfit(
                broken,
                shard,
                self.group_size,
                source=f"{_LINEAR}.CompressedTensorsWNA16.create_weights",
                error="is not divisible by group_size",
            ),
        )

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """Each rank must hold whole groups, and whole int32 of packed zero points."""
        source = f"{_MOE}.CompressedTensorsWNA16MoEMethod.create_weights"
        found = []
        if self.group_size != PER_CHANNEL:
            whole = (shard.intermediate % self.group_size == 0) & (
                shard.hidden % self.group_size == 0
            )
            found.append(
                Misfit(
                    broken=~np.asarray(whole),
                    size=shard.intermediate,
                    step=self.group_size,
                    what=f"expert features a rank, in groups of {self.group_size}",
                    source=source,
                    error="requires the MoE intermediate size per tensor-parallel partition",
                )
            )
        if not self.symmetric:
            per_int32 = INT32_BITS // self.bits
            found.append(
                Misfit(
                    broken=np.asarray(2 * shard.intermediate % per_int32 != 0),
                    size=2 * shard.intermediate,
                    step=per_int32,
                    what="rows of an expert's gate and up, packed for their zero points",
                    source=source,
                    error="must be divisible by packed_factor",
                )
            )
        return tuple(found)
