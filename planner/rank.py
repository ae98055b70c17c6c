"""The order of layouts, until speed decides: vLLM's own advice, one key after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Ints


def order(case: Case) -> Ints:
    """Row numbers, the best layout first.

    1. The asked context (or the model's own) in full comes before a shortened one.
    2. Tensor-parallel and expert groups inside one scale-up domain.
    3. Fewer GPUs a replica, then more replicas. The data-parallel ranks of a model with
       experts share them, so together they are one replica.
    4. Tensor before pipeline parallelism where GPUs share a fast link; pipeline stages where
       they meet over PCIe.
    5. Whole experts on a rank only where asked for or where slices do not work.

    Source: docs/serving/parallelism_scaling, docs/serving/data_parallel (vLLM 0.33)
    """
    keys = (
        ~case.serves_full_length,
        case.placement.tp_leaves_domain | (case.has_experts & case.placement.moe_leaves_domain),
        gpus_per_replica(case),
        -replicas(case),
        case.layouts.pp if case.fast_link else case.layouts.tp,
        case.layouts.dp,
        case.layouts.ep,
        -np.where(case.serves_full_length, 0, case.max_model_len),
        case.layouts.dcp,
    )
    return np.lexsort(keys[::-1])


def gpus_per_replica(case: Case) -> Ints:
    """GPUs of one independent engine; the data-parallel ranks of a MoE are one together."""
    layouts = case.layouts
    return layouts.tp * layouts.pp * np.where(case.has_experts, layouts.dp, 1)


def replicas(case: Case) -> Ints:
    """Independent engines a layout runs."""
    return case.layouts.gpus // gpus_per_replica(case)


def why(case: Case, row: int, position: int) -> str:
    """One sentence: what puts a layout where it stands."""
    layouts = case.layouts
    tp, pp, dp = (int(column[row]) for column in (layouts.tp, layouts.pp, layouts.dp))
    parts = [_first_words(position), _shape(case, tp, pp, dp, ep=bool(layouts.ep[row]))]
    if not case.serves_full_length[row]:
        parts.append(f"context cut to {int(case.max_model_len[row]):,} tokens")
    return ": ".join(filter(None, (parts[0], ", ".join(parts[1:]))))


def _first_words(position: int) -> str:
    return "best" if position == 0 else ""


def _shape(case: Case, tp: int, pp: int, dp: int, *, ep: bool) -> str:
    words = []
    engine = tp * pp
    if engine == 1:
        words.append("the whole model on each GPU" if dp > 1 else "fits one GPU")
    if tp > 1:
        link = "NVLink" if case.fast_link else "PCIe"
        where = "across hosts" if case.placement.tp_leaves_domain.all() else f"over {link}"
        words.append(f"tensors split over {tp} GPUs {where}")
    if pp > 1:
        across = " across hosts" if engine > case.group.gpus_per_node else ""
        words.append(f"{pp} pipeline stages{across}")
    if dp > 1:
        shared = case.has_experts
        words.append(f"{dp} attention replicas sharing the experts" if shared else f"{dp} replicas")
    if ep:
        words.append("whole experts on each rank")
    return ", ".join(words)
