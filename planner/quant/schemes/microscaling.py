"""The Open Compute Project's formats: groups of 32 weights share one 8-bit exponent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.quant.base import Misfit, Stored
from planner.quant.schemes.base import AnyShard
from planner.quant.unquantized import expert_biases

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard
    from planner.units import Bools, IntLike

GROUP_SIZE = 32
_BYTE_BITS = 8


@frozen
class Microscaling(AnyShard):
    """``bits`` a weight (8: MXFP8, 4: MXFP4) and a byte for each group of 32 inputs.

    ``refuses_begun_groups`` False is compressed-tensors' MXFP4, which does not check.

    Source: vllm.model_executor.layers.quantization.modelopt.KMxfp8Static, ModelOptMxFp8FusedMoE,
    .compressed_tensors.schemes.compressed_tensors_w4a4_mxfp4,
    .compressed_tensors_moe.compressed_tensors_moe_w4a4_mxfp4, .online.mxfp8, .online.mxfp4 (0.33.0)
    """

    bits: int
    refuses_begun_groups: bool = True

    @property
    def name(self) -> str:
        """The format's name."""
        return f"mxfp{self.bits}"

    @property
    def kernel(self) -> str:
        """The kernels that take it."""
        return f"mxfp{self.bits}"

    @property
    def weight_bits(self) -> float:
        """Bits of one weight, without scales."""
        return self.bits

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """The weight and its exponents."""
        return (
            Stored(tensor_bytes=shard.rows * (shard.inputs // self._per_byte)),
            Stored(tensor_bytes=shard.rows * (shard.inputs // GROUP_SIZE)),
        )

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """The same stacked, of both matrices."""
        weights = (rows * (columns // self._per_byte) for rows, columns in shard.matrices)
        exponents = (rows * (columns // GROUP_SIZE) for rows, columns in shard.matrices)
        sizes = (*weights, *exponents)
        tensors = tuple(Stored(tensor_bytes=shard.experts * size) for size in sizes)
        return tensors + expert_biases(shard)

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """Whole groups only."""
        return self._misfits(np.asarray(shard.inputs % GROUP_SIZE != 0), "input", shard.inputs)

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """Whole groups only."""
        broken = (shard.intermediate % GROUP_SIZE != 0) | (shard.hidden % GROUP_SIZE != 0)
        return self._misfits(np.asarray(broken), "expert", shard.intermediate)

    @property
    def _per_byte(self) -> int:
        return _BYTE_BITS // self.bits

    def _misfits(self, broken: Bools, kind: str, size: IntLike) -> tuple[Misfit, ...]:
        if not self.refuses_begun_groups:
            return ()
        misfit = Misfit(
            broken=broken,
            size=size,
            step=GROUP_SIZE,
            what=f"{kind} features a rank, in groups of {GROUP_SIZE}",
            source="vllm.model_executor.layers.quantization.modelopt.KMxfp8Static",
            error=f"divisible by {GROUP_SIZE}",
        )
        return (misfit,)
