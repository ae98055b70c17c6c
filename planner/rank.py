"""The order of layouts, until speed decides: vLLM's own advice, one key after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.budget import CERTAIN
from planner.units import count_text

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Ints


def order(case: Case, rows: Ints) -> Ints:
    """The given rows, the best layout first.

    1. What surely goes into vLLM's budget before what may.
    2. The asked context (or the model's own) in full before a shortened one; shortened ones by
       halvings.
    3. Tensor-parallel and expert groups inside one scale-up domain.
    4. What surely has room beside the budget too before what may: a smaller share mends that, so
       it moves nothing across the keys above.
    5. More independent replicas on the cluster, which means fewer GPUs for each. The
       data-parallel ranks of a model with experts share them: together they are one replica.
    6. No idle GPUs.
    7. Tensor before pipeline parallelism where GPUs share a fast link; pipeline stages where
       they meet over PCIe.
    8. Slices of experts before whole ones, attention split before attention replicated: those
       are offered, and speed decides between them.

    Source: docs/serving/parallelism_scaling, docs/serving/data_parallel (vLLM 0.33)
    """
    keys = [key[rows] for key in reversed(_keys(case))]
    return rows[np.lexsort(keys)]


def compare(case: Case, row: int) -> tuple[int, ...]:
    """A row's place among rows of other tables: smaller is better."""
    return tuple(int(key[row]) for key in _keys(case))


def _keys(case: Case) -> tuple[Ints, ...]:
    layouts, placement = case.layouts, case.placement
    leaves = placement.tp_leaves_domain | (case.has_experts & placement.moe_leaves_domain)
    engine = gpus_per_replica(case)
    replicas = case.group.gpus // engine
    keys = (
        case.budget_probability < CERTAIN,
        ~case.serves_full_length,
        leaves,
        _halvings(case),
        ~case.fits,
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


def why(case: Case, row: int, *, first: bool) -> str:
    """One sentence: what puts a layout where it stands."""
    layouts = case.layouts
    tp, pp, dp = (int(column[row]) for column in (layouts.tp, layouts.pp, layouts.dp))
    reasons = [_model_split(case, tp, pp, across=int(case.placement.hosts[row]) > 1)]
    if dp > 1 and case.has_experts:
        reasons.append(f"{dp} attention replicas share the experts")
    elif dp > 1:
        reasons.append(f"{dp} replicas serve apart")
    if layouts.ep[row]:
        reasons.append("whole experts on each rank")
    servers = case.group.gpus // int(layouts.gpus[row])
    if servers > 1:
        reasons.append(f"{servers} such servers fit on the cluster")
    reasons.append(_context(case, row))
    sentence = ", ".join(reasons)
    return f"first: {sentence}" if first else sentence


def _context(case: Case, row: int) -> str:
    """What of the context is served, and how sure that is."""
    tokens = f"{count_text(int(case.max_model_len[row]))} tokens"
    place = " beside the budget" if case.beside_decides[row] else ""
    doubt = f"may not fit{place} (chance {int(100 * case.fit_probability[row])}%)"
    if case.serves_full_length[row]:
        return f"the full context of {tokens} {'fits' if case.fits[row] else doubt}"
    return f"the context is cut to {tokens}{'' if case.fits[row] else f', it {doubt}'}"


def _model_split(case: Case, tp: int, pp: int, *, across: bool) -> str:
    if tp * pp == 1:
        return "one GPU holds the model"
    link = "NVLink or its like" if case.fast_link else "PCIe"
    parts = []
    if tp > 1:
        parts.append(f"tensors split over {tp} GPUs on {link}")
    if pp > 1:
        parts.append(f"{pp} pipeline stages{' across hosts' if across else ''}")
    return " and ".join(parts)
