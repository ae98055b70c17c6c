"""Where the shards of quantized weights break their format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.memory.tensors import Ranks, expert_shard, linear_shard
from planner.model.layer_kinds import layer_kinds
from planner.model.modules import Experts, Linear
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from planner.case.table import Case
    from planner.quant.base import Misfit


def case_misfits(case: Case) -> tuple[Misfit, ...]:
    """Every shard that vLLM refuses to build in some row, each kind of layer once."""
    if case.quantization is UNQUANTIZED:
        return ()
    layouts = case.layouts
    ranks = Ranks(
        tp=layouts.tp,
        moe_tp=layouts.moe_tp,
        ep_size=layouts.ep_size,
        expert_parallel=layouts.ep,
        dtype_bytes=case.settings.dtype_bytes,
        capability=case.settings.capability,
    )
    pairs = {
        pair
        for kind in layer_kinds(case.architecture, case.quantization).kinds
        for pair in kind.modules
    }
    found: list[Misfit] = []
    for module, scheme in sorted(pairs, key=lambda pair: pair[0].name):
        if isinstance(module, Linear):
            found += scheme.linear_misfits(linear_shard(module, ranks))
        elif isinstance(module, Experts):
            found += scheme.expert_misfits(expert_shard(module, ranks))
    return tuple(found)
