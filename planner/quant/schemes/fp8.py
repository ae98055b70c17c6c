"""8-bit float weights with one scale a matrix, or one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.quant.base import Stored
from planner.quant.schemes.base import FLOAT32, AnyShard
from planner.quant.unquantized import expert_biases

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard


@frozen
class Fp8Tensor(AnyShard):
    """One float32 scale a matrix, and one for its input where activations are static.

    ``merged`` is the online form: gate and up, and query, key and value, share one scale.

    Source: vllm.model_executor.layers.quantization.fp8.Fp8LinearMethod, Fp8MoEMethod,
    .modelopt.ModelOptFp8MoEMethod, .online.fp8.Fp8PerTensorOnlineLinearMethod (0.33.0)
    """

    static_inputs: bool = False
    merged: bool = False
    weight_bits: float = 8
    kernel = "fp8"

    @property
    def name(self) -> str:
        """Its form in words."""
        return "fp8 per tensor, static inputs" if self.static_inputs else "fp8 per tensor"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """Rows x inputs bytes and the scales."""
        scales = Stored(tensor_bytes=FLOAT32 * (1 if self.merged else len(shard.outputs)))
        weight = Stored(tensor_bytes=shard.rows * shard.inputs)
        return (weight, scales, scales) if self.static_inputs else (weight, scales)

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Two stacked weights, a scale for each matrix of each expert."""
        (up, hidden), (out, intermediate) = shard.matrices
        scale = shard.experts * FLOAT32
        tensors = (
            Stored(tensor_bytes=shard.experts * up * hidden),
            Stored(tensor_bytes=shard.experts * out * intermediate),
            Stored(tensor_bytes=scale * (1 if self.merged else shard.up_matrices)),
            Stored(tensor_bytes=scale),
        )
        inputs = (Stored(tensor_bytes=scale, count=2),) if self.static_inputs else ()
        return tensors + inputs + expert_biases(shard)


@frozen
class Fp8Channel(AnyShard):
    """One float32 scale a row; activations are scaled per token as they come.

    ``upper_bound`` adds fbgemm's bound of the activations' scale.

    Source: vllm.model_executor.layers.quantization.compressed_tensors.schemes
    .compressed_tensors_w8a8_fp8, .compressed_tensors_moe.compressed_tensors_moe_w8a8_fp8,
    vllm.model_executor.layers.quantization.fbgemm_fp8 (0.33.0)
    """

    upper_bound: bool = False
    name: str = "fp8 per channel"
    weight_bits: float = 8
    kernel = "fp8"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """Rows x inputs bytes and a scale a row."""
        weight = Stored(tensor_bytes=shard.rows * shard.inputs)
        scales = Stored(tensor_bytes=shard.rows * FLOAT32)
        bound = (Stored(tensor_bytes=FLOAT32),) if self.upper_bound else ()
        return (weight, scales, *bound)

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Two stacked weights, a scale for each row of each expert."""
        weights = (shard.experts * rows * columns for rows, columns in shard.matrices)
        scales = (shard.experts * rows * FLOAT32 for rows, _ in shard.matrices)
        tensors = tuple(Stored(tensor_bytes=size) for size in (*weights, *scales))
        return tensors + expert_biases(shard)
