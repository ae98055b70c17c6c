"""What the formats of whole-number weights in groups share: group counts, and their refusals."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from planner.quant.base import Misfit, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.quant.base import ExpertShard, LinearShard
    from planner.units import Bools, IntLike

PER_CHANNEL = -1
"""the group size that means one group a row"""
INT32_BITS = 32
HOPPER = 90
AMPERE = 80
MARLIN_GROUPS = (PER_CHANNEL, 32, 64, 128)
"""vllm.model_executor.layers.quantization.utils.marlin_utils: MARLIN_SUPPORTED_GROUP_SIZES"""
NOWHERE: Bools = np.zeros((), dtype=np.bool_)
"""no row of the table"""
_MACHETE_GROUPS = (PER_CHANNEL, 64, 128)
_MACHETE_TILE = (64, 128)
_MARLIN_HIDDEN_STEP = 128
_MARLIN_TILE = 64


def groups(features: IntLike, group_size: int) -> IntLike:
    """Whole groups of the input features of one rank."""
    return 1 if group_size == PER_CHANNEL else features // group_size


def straddles(shard: LinearShard, group_size: int) -> Bools:
    """Whether a group of input features reaches over two ranks, or past the last.

    Source: vllm.model_executor.layers.quantization.utils.marlin_utils
    .check_marlin_supports_layer (0.33.0)
    """
    if group_size == PER_CHANNEL or group_size >= shard.full_inputs:
        return NOWHERE
    return np.asarray(shard.inputs % group_size != 0)


def machete_takes(shard: LinearShard, group_size: int) -> Bools:
    """Whether Hopper's kernel takes the shard, which does not ask for whole groups.

    Source: vllm.model_executor.kernels.linear.mixed_precision.machete
    .MacheteLinearKernel.can_implement (0.33.0)
    """
    if shard.capability != HOPPER or group_size not in _MACHETE_GROUPS:
        return NOWHERE
    inputs, outputs = _MACHETE_TILE
    return np.asarray((shard.inputs % inputs == 0) & (shard.rows % outputs == 0))


def marlin_takes_experts(shard: ExpertShard, group_size: int, *, pads: bool = True) -> Bools:
    """Whether Marlin's kernel of experts takes the shard; ``pads`` fills up begun tiles.

    Source: vllm.model_executor.layers.quantization.utils.marlin_utils
    .check_moe_marlin_supports_config (0.33.0)
    """
    if group_size not in MARLIN_GROUPS or shard.hidden % _MARLIN_HIDDEN_STEP:
        return NOWHERE
    step = max(1, group_size) if pads else max(_MARLIN_TILE, group_size)
    return np.asarray(shard.intermediate % step == 0)


def group_misfit(
    broken: Bools, shard: LinearShard, group_size: int, *, source: str, error: str
) -> Misfit:
    """Input features of a rank that are no whole number of groups."""
    return Misfit(
        broken=broken,
        size=shard.inputs,
        step=group_size,
        what=f"input features a rank, in groups of {group_size}",
        source=source,
        error=error,
    )


def either(first: Bools, ones: Iterable[Stored], others: Iterable[Stored]) -> tuple[Stored, ...]:
    """Tensor by tensor the one where ``first`` holds, else the other; what is none has 0 bytes."""
    return tuple(
        Stored(tensor_bytes=np.where(first, one.tensor_bytes, other.tensor_bytes))
        for one, other in zip_longest(ones, others, fillvalue=Stored(tensor_bytes=0))
    )
