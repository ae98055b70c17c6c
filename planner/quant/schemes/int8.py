"""8-bit whole-number weights and activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.quant.base import Stored
from planner.quant.schemes.base import FLOAT32, AnyShard
from planner.quant.unquantized import expert_biases

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard


@frozen
class Int8(AnyShard):
    """One float32 scale a row, or a matrix where ``per_tensor``.

    Static inputs add one scale, and one zero point where they are not symmetric.

    Source: vllm.model_executor.layers.quantization.compressed_tensors.schemes
    .compressed_tensors_w8a8_int8, .compressed_tensors_moe.compressed_tensors_moe_w8a8_int8,
    vllm.model_executor.layers.quantization.online.int8.Int8OnlineMoEMethod (0.33.0)
    """

    per_tensor: bool = False
    static_inputs: bool = False
    symmetric_inputs: bool = True
    weight_bits: float = 8
    kernel = "int8"

    @property
    def name(self) -> str:
        """Its form in words."""
        return "int8 per tensor" if self.per_tensor else "int8 per channel"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """Rows x inputs bytes and the scales."""
        scales = len(shard.outputs) if self.per_tensor else shard.rows
        tensors = [
            Stored(tensor_bytes=shard.rows * shard.inputs),
            Stored(tensor_bytes=scales * FLOAT32),
        ]
        if self.static_inputs:
            tensors.append(Stored(tensor_bytes=FLOAT32))
        if self.static_inputs and not self.symmetric_inputs:
            tensors.append(Stored(tensor_bytes=1))
        return tuple(tensors)

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Two stacked weights, a scale for each row of each expert."""
        weights = (shard.experts * rows * columns for rows, columns in shard.matrices)
        scales = (shard.experts * rows * FLOAT32 for rows, _ in shard.matrices)
        tensors = tuple(Stored(tensor_bytes=size) for size in (*weights, *scales))
        return tensors + expert_biases(shard)
