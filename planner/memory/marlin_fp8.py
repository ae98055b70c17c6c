"""The scales of fp8 weights for Marlin, which runs them on GPUs that do not multiply fp8.

Marlin wants a scale of the model's dtype for each output feature and group of inputs: of one
scale a block of 128 x 128 it makes 128, which is a 64th of the weights in all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.quant.schemes.fp8 import Fp8Channel, Fp8Tensor
from planner.quant.schemes.fp8_block import NATIVE_BLOCK, NATIVE_FP8, Fp8Block, OnlineFp8Block
from planner.units import ceil_div

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard, Scheme
    from planner.units import IntLike


def marlin_runs_fp8(scheme: Scheme, capability: int) -> bool:
    """Whether weights of this format are fp8 on a GPU that has no fp8 arithmetic."""
    is_fp8 = isinstance(scheme, (Fp8Block, OnlineFp8Block, Fp8Tensor, Fp8Channel))
    return is_fp8 and capability < NATIVE_FP8


def linear_scale_bytes(shard: LinearShard, scheme: Scheme) -> IntLike:
    """Marlin's scales of one linear layer on one rank.

    Source: vllm.model_executor.layers.quantization.utils.marlin_utils_fp8
    .prepare_fp8_layer_for_marlin (0.26.0, 0.33.0)
    """
    return _groups(shard.inputs, scheme) * shard.rows * shard.dtype_bytes


def expert_scale_bytes(shard: ExpertShard, scheme: Scheme) -> IntLike:
    """Marlin's scales of one layer's routed experts on one rank.

    Source: vllm.model_executor.layers.quantization.utils.marlin_utils_fp8
    .prepare_fp8_moe_layer_for_marlin (0.26.0, 0.33.0)
    """
    total: IntLike = 0
    for rows, columns in shard.matrices:
        total = total + _groups(columns, scheme) * rows
    return shard.experts * total * shard.dtype_bytes


def _groups(inputs: IntLike, scheme: Scheme) -> IntLike:
    if isinstance(scheme, Fp8Block):
        return ceil_div(inputs, scheme.block[1])
    return ceil_div(inputs, NATIVE_BLOCK[1]) if isinstance(scheme, OnlineFp8Block) else 1
