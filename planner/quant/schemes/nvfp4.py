"""NVFP4: 4-bit floats in groups of 16 with an 8-bit scale each, and one scale for the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.frozen import frozen
from planner.quant.base import Misfit, Stored
from planner.quant.schemes.base import FLOAT32, AnyShard

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard

GROUP_SIZE = 16
_PER_BYTE = 2


@frozen
class Nvfp4(AnyShard):
    """Half a byte a weight, a byte a group, a float32 a matrix; one more for its input.

    ``inputs`` tells of the last in linear layers: ``scaled``, ``dropped`` after loading (ModelOpt's
    weight-only form, in the model's dtype until then) or ``none``. With FlashInfer's kernels on
    Blackwell and expert parallelism vLLM keeps the input scales of all experts on each rank;
    counted are those of its own.

    Source: vllm.model_executor.layers.quantization.modelopt.KNvfp4Static, KNvfp4Dynamic,
    ModelOptNvFp4FusedMoE, .compressed_tensors.schemes.compressed_tensors_w4a4_nvfp4 (0.33.0)
    """

    group_size: int = GROUP_SIZE
    inputs: Literal["scaled", "dropped", "none"] = "scaled"
    refuses_begun_groups: bool = True
    name: str = "nvfp4"
    weight_bits: float = 4
    kernel = "nvfp4"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """Packed weight, a scale a group, scales of each matrix."""
        weights_and_groups = (
            Stored(tensor_bytes=shard.rows * (shard.inputs // _PER_BYTE)),
            Stored(tensor_bytes=shard.rows * (shard.inputs // self.group_size)),
        )
        input_scale = {"scaled": FLOAT32, "dropped": shard.dtype_bytes}.get(self.inputs, 0)
        scalars = (FLOAT32, input_scale) if input_scale else (FLOAT32,)
        matrices = len(shard.outputs)
        return weights_and_groups + tuple(Stored(tensor_bytes=matrices * one) for one in scalars)

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """The same stacked."""
        (up, hidden), (out, intermediate) = shard.matrices
        up_scales = Stored(tensor_bytes=shard.experts * shard.up_matrices * FLOAT32, count=2)
        return (
            Stored(tensor_bytes=shard.experts * up * (hidden // _PER_BYTE)),
            Stored(tensor_bytes=shard.experts * out * (intermediate // _PER_BYTE)),
            Stored(tensor_bytes=shard.experts * up * (hidden // self.group_size)),
            Stored(tensor_bytes=shard.experts * out * (intermediate // self.group_size)),
            up_scales,
            Stored(tensor_bytes=shard.experts * FLOAT32, count=2),
        )

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """ModelOpt's layers take whole groups only."""
        if not self.refuses_begun_groups:
            return ()
        return (
            Misfit(
                broken=np.asarray(shard.inputs % GROUP_SIZE != 0),
                size=shard.inputs,
                step=GROUP_SIZE,
                what=f"input features a rank, in groups of {GROUP_SIZE}",
                source="vllm.model_executor.layers.quantization.modelopt.KNvfp4Static",
                error="Unsupported model when in features size is not multiple of 16",
            ),
        )


@frozen
class OnlineNvfp4(Nvfp4):
    """16-bit experts that vLLM turns into NVFP4 while loading: one scale an expert and matrix.

    Source: vllm.model_executor.layers.quantization.online.nvfp4.Nvfp4OnlineMoEMethod (0.33.0)
    """

    name: str = "nvfp4, quantized while loading"

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Gate and up share their scales."""
        weights_and_groups = Nvfp4().experts(shard)[:4]
        return (*weights_and_groups, Stored(tensor_bytes=shard.experts * FLOAT32, count=4))
