"""The best division of layers over stages for one layout, where vLLM's own wastes memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.memory.partition import StageRoom, best_partition
from planner.memory.stages import vllm_partition

if TYPE_CHECKING:
    from planner.case import Case

#: a division of one's own must hold this much more than vLLM's to be worth its variable
WORTHWHILE_GAIN = 1.05


def repartitioned(case: Case, row: int) -> Case | None:
    """The row under its best division, when vLLM's does not fit or holds clearly less.

    None where vLLM's own is as good, where a division was given, or where there are no stages.
    """
    stages = int(case.layouts.pp[row])
    layers = case.architecture.num_layers
    if stages == 1 or case.partition is not None or stages > layers:
        return None
    partition = best_partition(_rooms(case, row, stages))
    if partition == vllm_partition(layers, stages):
        return None
    better = replace(case, layouts=case.layouts.row(row), partition=partition)
    before, after = int(case.kv.num_blocks[row]), int(better.kv.num_blocks[0])
    return better if after > max(before, 0) * WORTHWHILE_GAIN else None


def _rooms(case: Case, row: int, stages: int) -> StageRoom:
    """What each stage has beside its layers, and what a layer takes of it.

    The KV cache of a token is taken to be alike in all layers that keep one, which holds for
    the models of one attention; where it does not, the division is good rather than best.
    """
    per_layer = case.kind_bytes[:, row][case.kinds.kind_of]
    before = np.concatenate([[0], np.cumsum(per_layer)])
    held = before[case.stages.ends[row, :stages]] - before[case.stages.starts[row, :stages]]
    plan = case.kv.plan(row)
    block_bytes, block_size = (sum(plan.bytes_per_block), plan.block_size) if plan else (0, 1)
    keeping = np.array([len(layer.caches) > 0 for layer in case.architecture.layers])
    per_token = block_bytes // max(int(keeping.sum()) * block_size, 1)
    return StageRoom(
        room=case.budget.kv_cache.mid[row, :stages] + held,
        layer_bytes=per_layer,
        layer_kv_bytes=keeping * max(per_token, 1),
    )
