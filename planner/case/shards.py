"""Where the shards of quantized weights break their format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.memory.tensors import Ranks, expert_shard, linear_shard
from planner.model.modules import Experts, Linear
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.model.modules import Module
    from planner.quant.base import Misfit, Scheme


def misfits(grid: Grid) -> tuple[Misfit, ...]:
    """Every shard that vLLM refuses to build in some row, each kind of layer once."""
    if grid.quantization is UNQUANTIZED:
        return ()
    layouts = grid.layouts
    ranks = Ranks(
        tp=layouts.tp,
        moe_tp=layouts.moe_tp,
        ep_size=layouts.ep_size,
        expert_parallel=layouts.ep,
        dtype_bytes=grid.settings.dtype_bytes,
        capability=grid.settings.capability,
        one_stage=layouts.pp == 1,
        wna16_block=grid.version.moe_wna16_block,
    )
    found: list[Misfit] = []
    for module, scheme in _formats(grid):
        if isinstance(module, Linear):
            found += scheme.linear_misfits(linear_shard(module, ranks))
        elif isinstance(module, Experts):
            found += scheme.expert_misfits(expert_shard(module, ranks))
    return tuple(found)


def stores_fp8(grid: Grid) -> bool:
    """Whether some weights are fp8."""
    return any(scheme.name.startswith("fp8") for _, scheme in _formats(grid))


def _formats(grid: Grid) -> list[tuple[Module, Scheme]]:
    """The distinct matrices with their number formats, by name."""
    pairs = {pair for kind in grid.kinds.kinds for pair in kind.modules}
    return sorted(pairs, key=lambda pair: pair[0].name)
