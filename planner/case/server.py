"""A case as a server under load: its engine, what is asked of it, and how many it takes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.speed.load import Load, drafted_tokens, load_of
from planner.speed.pace import Server

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.case.kv_columns import KvColumns
    from planner.speed.step import Engine
    from planner.speed.work import Work
    from planner.units import Floats


def server_of(grid: Grid, engine: Engine, work: Work, kv: KvColumns) -> Server:
    """The engine of each row under the grid's kind of requests.

    Args:
        grid: the table, with the load that is asked about.
        engine: what each row's kernels and links reach.
        work: what a step of each row computes, reads and sends.
        kv: how much each row's KV cache holds.
    """
    layers, settings = grid.stages.layers, grid.settings
    mean = layers.sum(axis=1) / grid.layouts.pp
    uneven = layers.max(axis=1) / mean
    bubble = 1 + engine.tuning["stage_bubble"] * (grid.layouts.pp - 1)
    load = _load(grid, engine)
    return Server(
        work=work,
        engine=engine,
        load=load,
        room=_room(grid, kv, load.context_tokens),
        room_at_peak=_room(grid, kv, load.peak_tokens),
        seats=float(settings.max_num_seqs),
        chunk=float(settings.max_num_batched_tokens),
        imbalance=(uneven * bubble)[:, np.newaxis],
        waves=_waves(grid),
    )


def _load(grid: Grid, engine: Engine) -> Load:
    """The kind of requests that is asked about."""
    workload, settings = grid.workload, grid.settings
    drafted = settings.speculative_tokens
    chance = workload.acceptance_rate
    if chance is None:
        chance = engine.tuning["acceptance_rate"]
    alike = ((workload.input_tokens, workload.output_tokens),)
    return load_of(
        workload.lengths.requests if workload.lengths else alike,
        prefix_cache_hit_rate=workload.prefix_cache_hit_rate if settings.prefix_caching else 0.0,
        tokens_per_step=drafted_tokens(chance, drafted),
    )


def _room(grid: Grid, kv: KvColumns, tokens: float) -> Floats:
    """Requests of so many tokens that an engine runs at a time: seats, and room for their cache."""
    seats = float(grid.settings.max_num_seqs)
    typical = np.full(len(grid.layouts), round(tokens), dtype=np.int64)
    held = np.where(kv.exists, kv.concurrency(typical), seats)
    return np.clip(held, 1.0, seats)[:, np.newaxis]


def _waves(grid: Grid) -> float:
    """How often a benchmark's users come round that all start at once; 0 in steady state."""
    workload = grid.workload
    if workload.arrival != "burst":
        return 0.0
    users = workload.concurrency or workload.num_prompts or 1
    return max((workload.num_prompts or users) / users, 1.0)
