"""The best division of layers over stages of a layout, where vLLM's own wastes memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.memory.partition import StageRoom, best_partition
from planner.memory.stages import vllm_partition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.case import Case

#: a division of one's own must hold this much more than vLLM's to be worth its variable
WORTHWHILE_GAIN = 1.05


def repartitioned(case: Case, rows: Sequence[int]) -> dict[int, tuple[Case, int]]:
    """Those of some rows that hold clearly more under their best division of layers.

    Each with its place in a table where it is divided so. Left out are rows where vLLM's own
    division is as good, where one was given, and where there are no stages.
    """
    found = {row: partition for row in rows if (partition := _best_partition(case, row))}
    if not found:
        return {}
    tried = np.array(list(found))
    divided = replace(case, layouts=case.layouts.take(tried), partitions=tuple(found.values()))
    before = np.maximum(case.kv.num_blocks[tried], 0)
    worthwhile = np.flatnonzero(divided.kv.num_blocks > before * WORTHWHILE_GAIN)
    return {int(tried[place]): (divided, int(place)) for place in worthwhile}


def _best_partition(case: Case, row: int) -> tuple[int, ...] | None:
    """The best division of a row; None where it is vLLM's own, or one was given."""
    stages = int(case.layouts.pp[row])
    layers = case.architecture.num_layers
    if stages == 1 or case.partitions is not None or stages > layers:
        return None
    partition = best_partition(_rooms(case, row, stages))
    return None if partition == vllm_partition(layers, stages) else partition


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
