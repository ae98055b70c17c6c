"""GPTQ's layout: weights packed along the inputs, zero points stored even where all are equal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.quant.base import Misfit, Stored
from planner.quant.schemes.base import INT32, AnyShard
from planner.quant.schemes.grouped import (
    AMPERE,
    INT32_BITS,
    NOWHERE,
    PER_CHANNEL,
    either,
    group_misfit,
    groups,
    machete_takes,
    marlin_takes_experts,
    straddles,
)
from planner.quant.schemes.moe_wna16 import MoeWna16

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard
    from planner.units import Bools


@frozen
class Gptq(AnyShard):
    """``bits`` a weight, a scale and a zero point for each group of ``group_size`` inputs.

    ``float16`` says that the model runs in it, for which there is one kernel more;
    ``pads_experts`` that begun tiles of experts are filled up for Marlin.

    Source: vllm.model_executor.layers.quantization.auto_gptq.AutoGPTQLinearMethod,
    AutoGPTQMoEMethod (0.33.0)
    """

    bits: int
    group_size: int
    float16: bool = False
    pads_experts: bool = True

    @property
    def name(self) -> str:
        """Its bits and groups in words."""
        per = "per channel" if self.group_size == PER_CHANNEL else f"groups of {self.group_size}"
        return f"gptq int{self.bits}, {per}"

    @property
    def kernel(self) -> str:
        """The kernels that take it."""
        return f"int{self.bits}"

    @property
    def weight_bits(self) -> float:
        """Bits of one weight, without scales."""
        return self.bits

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """Packed weight, packed zero points, scales in the model's dtype."""
        count = groups(shard.inputs, self.group_size)
        per_int32 = INT32_BITS // self.bits
        return (
            Stored(tensor_bytes=shard.inputs // per_int32 * shard.rows * INT32),
            Stored(tensor_bytes=count * (shard.rows // per_int32) * INT32),
            Stored(tensor_bytes=count * shard.rows * shard.dtype_bytes),
        )

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """The same stacked, as Marlin reads it or else as moe_wna16 does."""
        takes = marlin_takes_experts(shard, self.group_size, pads=self.pads_experts)
        return either(takes, self._marlin_experts(shard), self._fallback.experts(shard))

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """A group that reaches over two ranks needs a kernel that does not mind."""
        broken = straddles(shard, self.group_size) & ~machete_takes(shard, self.group_size)
        return (
            group_misfit(
                broken & ~self._exllama_takes(shard),
                shard,
                self.group_size,
                source="vllm.model_executor.kernels.linear.choose_mp_linear_kernel",
                error="Failed to find a kernel that can implement the WNA16 linear layer",
            ),
        )

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """What neither Marlin nor moe_wna16 can store."""
        takes = marlin_takes_experts(shard, self.group_size, pads=self.pads_experts)
        found = self._fallback.misfits(shard)
        return tuple(replace(each, broken=each.broken & ~takes) for each in found)

    @property
    def _fallback(self) -> MoeWna16:
        return MoeWna16(bits=self.bits, group_size=self.group_size)

    def _marlin_experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        per_int32 = INT32_BITS // self.bits
        matrices = [(*matrix, groups(matrix[1], self.group_size)) for matrix in shard.matrices]
        sizes = (
            *(columns // per_int32 * rows * INT32 for rows, columns, _ in matrices),
            *(count * rows * shard.dtype_bytes for rows, _, count in matrices),
            *(count * (rows // per_int32) * INT32 for rows, _, count in matrices),
            # made in any case, and dropped after loading when the checkpoint has none
            *(rows * shard.dtype_bytes for rows, _, _ in matrices),
        )
        return tuple(Stored(tensor_bytes=shard.experts * size) for size in sizes)

    def _exllama_takes(self, shard: LinearShard) -> Bools:
        """Whether the kernel for float16 takes the shard; before Ampere there is no bfloat16.

        Source: vllm.model_executor.kernels.linear.mixed_precision.exllama
        .ExllamaLinearKernel.can_implement (0.33.0)
        """
        float16 = self.float16 or shard.capability < AMPERE
        if not float16 or self.group_size <= 0 or shard.full_inputs % self.group_size:
            return NOWHERE
        return np.asarray(shard.rows % (INT32_BITS // self.bits) == 0)
