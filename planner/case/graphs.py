"""CUDA graphs of a case: which are captured, what that takes, and where it is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.case.term_constants import constants
from planner.memory.cuda_graphs import (
    CapturePlan,
    GraphMode,
    capture_plan,
    captured_graph_bytes,
    cuda_graph_bytes,
    graph_bytes_beside_budget,
)
from planner.vllm.environment import ESTIMATE_GRAPHS, switch

if TYPE_CHECKING:
    from planner.case.grid import Grid
    from planner.memory.interval import Interval


def graph_bytes(grid: Grid) -> tuple[Interval, Interval]:
    """What is taken off the budget for graphs, and what they take beside it."""
    plan = graph_plan(grid)
    reserved = reserved_graphs(grid, plan)
    captured = captured_graphs(grid, plan)
    if switch(grid.environment, ESTIMATE_GRAPHS) is False:
        return reserved.times(0), captured
    return reserved, graph_bytes_beside_budget(captured, constants(grid, "cuda_graphs"))


def graph_plan(grid: Grid) -> CapturePlan:
    """How many CUDA graphs are captured: Int64[rows]."""
    settings, compilation = grid.settings, grid.settings.compilation
    of_class = grid.version.largest_capture.get(grid.architecture.name)
    return capture_plan(
        constants(grid, "cuda_graphs"),
        tokens=settings.max_num_batched_tokens,
        sequences=settings.max_num_seqs,
        mode=GraphMode(compilation.graph_mode),
        speculative_tokens=settings.speculative_tokens,
        largest=compilation.largest_capture or of_class,
        sizes=compilation.capture_sizes,
        with_and_without_adapters=bool(grid.arguments.enable_lora),
    )


def reserved_graphs(grid: Grid, plan: CapturePlan) -> Interval:
    """What is taken off the budget for some graphs: Interval[rows, stages]."""
    return cuda_graph_bytes(plan, constants(grid, "cuda_graphs"), grid.stages.layers)


def captured_graphs(grid: Grid, plan: CapturePlan) -> Interval:
    """What capturing some graphs takes on each stage's rank: Interval[rows, stages]."""
    return captured_graph_bytes(plan, constants(grid, "cuda_graphs"), grid.stages.layers)
