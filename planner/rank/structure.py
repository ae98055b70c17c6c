"""What is known of layouts before their speed: what is certain, and what vLLM advises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.budget import CERTAIN

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Ints


def certain_first(case: Case) -> tuple[Ints, ...]:
    """What no speed outweighs: a column each, smaller first.

    1. What surely goes into vLLM's budget before what may.
    2. The asked context (or the model's own) in full before a shortened one.
    3. Tensor-parallel and expert groups inside one scale-up domain.
    4. Contexts shortened by fewer halvings.
    5. What surely has room beside the budget too before what may: a smaller share mends that, so
       it moves nothing across the keys above.

    Source: docs/serving/parallelism_scaling, docs/serving/data_parallel (vLLM 0.33)
    """
    placement = case.placement
    leaves = placement.tp_leaves_domain | (case.has_experts & placement.moe_leaves_domain)
    keys = (
        case.budget_probability < CERTAIN,
        ~case.serves_full_length,
        leaves,
        _halvings(case),
        ~case.fits,
    )
    return tuple(np.asarray(key, dtype=np.int64) for key in keys)


def advised_first(case: Case) -> tuple[Ints, ...]:
    """What decides between layouts that are alike in speed: a column each, smaller first.

    1. More independent replicas on the cluster, which means fewer GPUs for each. The
       data-parallel ranks of a model with experts share them: together they are one replica.
    2. No idle GPUs.
    3. Tensor before pipeline parallelism where GPUs share a fast link; pipeline stages where
       they meet over PCIe.
    4. Slices of experts before whole ones, attention split before attention replicated.

    Source: docs/serving/parallelism_scaling, docs/serving/data_parallel (vLLM 0.33)
    """
    layouts = case.layouts
    engine = gpus_per_replica(case)
    replicas = case.group.gpus // engine
    keys = (
        -replicas,
        -replicas * engine,
        layouts.pp if case.fast_link else layouts.tp,
        layouts.dp,
        layouts.ep,
        layouts.dcp,
    )
    return tuple(np.asarray(key, dtype=np.int64) for key in keys)


def _halvings(case: Case) -> Ints:
    """How often the asked context was halved to fit."""
    kept = np.maximum(case.max_model_len, 1) / case.settings.max_model_len
    return np.floor(-np.log2(np.minimum(kept, 1.0))).astype(np.int64)


def gpus_per_replica(case: Case) -> Ints:
    """GPUs of one independent engine; the data-parallel ranks of a MoE are one together."""
    layouts = case.layouts
    return layouts.tp * layouts.pp * np.where(case.has_experts, layouts.dp, 1)
