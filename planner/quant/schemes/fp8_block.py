"""8-bit float weights with one scale a block of 128 x 128, as DeepSeek and Qwen publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.quant.base import Misfit, Stored
from planner.quant.schemes.base import FLOAT32, AnyShard
from planner.quant.unquantized import expert_biases
from planner.units import ceil_div, round_up

if TYPE_CHECKING:
    from planner.quant.base import ExpertShard, LinearShard
    from planner.units import Bools, IntLike

NATIVE_FP8 = 89
"""the compute capability from which GPUs multiply fp8: Ada, Hopper and later"""
NATIVE_BLOCK = (128, 128)
_FINEST_BLOCK = 32
_LINEAR = "vllm.model_executor.layers.quantization.utils.fp8_utils.validate_fp8_block_shape"
_MOE = "vllm.model_executor.layers.fused_moe.oracle.fp8"


@frozen
class Fp8Block(AnyShard):
    """One scale a block of ``block[0]`` rows x ``block[1]`` columns.

    ``scale_bytes`` is 4 (float32), or 1 where the checkpoint's scales are e8m0 and vLLM keeps
    them so. ``refines`` lets experts whose slice is no whole number of blocks use a finer grid;
    ``merged_may_end_inside`` lets merged matrices end inside a block.

    Source: vllm.model_executor.layers.quantization.fp8.Fp8LinearMethod, Fp8MoEMethod
    .create_weights, vllm.model_executor.layers.fused_moe.oracle.fp8
    .resolve_fp8_moe_weight_block_shape, vllm.model_executor.layers.linear
    .ColumnParallelLinear._maybe_allow_fp8_block_shape_mismatch (0.33.0)
    Checked: Qwen3-235B-A22B-FP8 TP8 29,713,411,312 parameter bytes, TP8 + EP 29,692,620,016.
    """

    block: tuple[int, int] = NATIVE_BLOCK
    scale_bytes: int = FLOAT32
    refines: bool = True
    merged_may_end_inside: bool = True
    weight_bits: float = 8
    kernel = "fp8_block"

    @property
    def name(self) -> str:
        """Its block in words."""
        return f"fp8 block {self.block[0]}x{self.block[1]}"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """Rows x inputs bytes and a scale a block, begun blocks included."""
        down, across = self.block
        blocks = ceil_div(shard.rows, down) * ceil_div(shard.inputs, across)
        weight = Stored(tensor_bytes=shard.rows * shard.inputs)
        return (weight, Stored(tensor_bytes=blocks * self.scale_bytes))

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Two stacked weights and their grids of scales."""
        (up, hidden), (out, intermediate) = shard.matrices
        down, across = self._grid(shard)
        up_blocks = shard.up_matrices * ceil_div(shard.intermediate, down)
        grids = (
            up_blocks * ceil_div(hidden, across),
            ceil_div(out, down) * ceil_div(intermediate, across),
        )
        weights = (shard.experts * up * hidden, shard.experts * out * intermediate)
        # float32 even beside e8m0 linear layers: only they are built with the narrow scales
        scales = (shard.experts * grid * FLOAT32 for grid in grids)
        tensors = tuple(Stored(tensor_bytes=size) for size in (*weights, *scales))
        return tensors + expert_biases(shard)

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """A row split must keep whole blocks, and so must a column split of a single matrix."""
        down, across = self.block
        merged = len(shard.outputs) > 1
        if merged and self.merged_may_end_inside:
            return ()
        inputs = Misfit(
            broken=shard.split_inputs & (shard.inputs % across != 0),
            size=shard.inputs,
            step=across,
            what=f"input features a rank, in blocks of {across}",
            source=_LINEAR,
            error="is not divisible by weight quantization block_k",
        )
        last = len(shard.outputs) - 1
        outputs = (
            Misfit(
                # the last of merged matrices may end inside a block where all are whole
                broken=(shard.split_outputs | (merged and index < last)) & (part % down != 0),
                size=part,
                step=down,
                what=f"output features a rank, in blocks of {down}",
                source=_LINEAR,
                error="is not divisible by weight quantization block_n",
            )
            for index, part in enumerate(shard.outputs)
        )
        return (inputs, *outputs)

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """A slice too narrow for any grid, and grids that only fp8 hardware can read."""
        down, _ = self.block
        refined = self._refined(shard)
        other_grid = refined | (self.block != NATIVE_BLOCK)
        return (
            Misfit(
                broken=~(self._aligned(shard) | refined),
                size=shard.intermediate,
                step=down,
                what=f"expert features a rank, in blocks of {down}",
                source=f"{_MOE}.refine_fp8_moe_block_shape",
                error="is not divisible by weight quantization block",
            ),
            Misfit(
                broken=other_grid & (shard.capability < NATIVE_FP8),
                size=shard.intermediate,
                step=NATIVE_BLOCK[0],
                what="expert features a rank, in the blocks that Marlin reads",
                source=f"{_MOE}.select_fp8_moe_backend",
                error="No FP8 MoE backend supports the deployment configuration.",
            ),
        )

    def _aligned(self, shard: ExpertShard) -> Bools:
        down, across = self.block
        rows_fit = np.asarray(shard.intermediate % down == 0)
        columns_fit = np.asarray(shard.intermediate % across == 0)
        fits: Bools = rows_fit & (columns_fit | ~np.asarray(shard.split))
        return fits

    def _finer(self, shard: ExpertShard) -> IntLike:
        down, across = self.block
        return np.gcd(np.gcd(down, across), np.gcd(shard.intermediate, shard.hidden))

    def _refined(self, shard: ExpertShard) -> Bools:
        fine_enough = np.asarray(self._finer(shard) >= _FINEST_BLOCK)
        refined: Bools = ~self._aligned(shard) & fine_enough & self.refines
        return refined

    def _grid(self, shard: ExpertShard) -> tuple[IntLike, IntLike]:
        down, across = self.block
        refined, finer = self._refined(shard), self._finer(shard)
        return np.where(refined, finer, down), np.where(refined, finer, across)


@frozen
class ModelOptFp8Block(Fp8Block):
    """ModelOpt's blocks of linear layers, whose rows of blocks must be whole.

    Source: vllm.model_executor.layers.quantization.modelopt.KFp8Block128 (0.33.0)
    """

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """Whole blocks of input features; the last block of outputs may be begun."""
        _, across = self.block
        misfit = Misfit(
            broken=np.asarray(shard.inputs % across != 0),
            size=shard.inputs,
            step=across,
            what=f"input features a rank, in blocks of {across}",
            source="vllm.model_executor.layers.quantization.modelopt.KFp8Block128",
            error="FP8_PB_WO requires in divisible by",
        )
        return (misfit,)


@frozen
class OnlineFp8Block(AnyShard):
    """16-bit weights that vLLM turns into blocks of 128 x 128 while loading.

    Experts are padded to whole blocks, so that every shard fits.

    Source: vllm.model_executor.layers.quantization.online.fp8.Fp8PerBlockOnlineLinearMethod,
    Fp8PerBlockOnlineMoEMethod.maybe_roundup_sizes (0.33.0)
    """

    name: str = "fp8 block 128x128, quantized while loading"
    weight_bits: float = 8
    kernel = "fp8_block"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """As a checkpoint in blocks."""
        return Fp8Block().linear(shard)

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """As a checkpoint in blocks, of padded sizes."""
        step = NATIVE_BLOCK[0]
        up = round_up(shard.intermediate, step) * shard.up_matrices
        sizes = (
            (up, round_up(shard.hidden, step)),
            (
                round_up(shard.hidden, step),
                round_up(shard.intermediate, step),
            ),
        )
        weights = (shard.experts * rows * columns for rows, columns in sizes)
        scales = (
            shard.experts * ceil_div(rows, step) * ceil_div(columns, step) * FLOAT32
            for rows, columns in sizes
        )
        return tuple(Stored(tensor_bytes=size) for size in (*weights, *scales))
