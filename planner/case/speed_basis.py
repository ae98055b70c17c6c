"""What a case's speed rests on, and how far such predictions were off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from planner.case.offload import offloads
from planner.case.rates import QUANTIZATIONS, is_native, kernels_of
from planner.case.term_constants import constants_key
from planner.constants import term
from planner.model.modules import Experts, Linear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case.grid import Grid

#: measured: servers of this very board, with kernels of this kind, were; calibrated: the board's
#: generation and the format's kernels were; extrapolated: neither
Basis = Literal["measured", "calibrated", "extrapolated"]
FIGURES = ("ttft", "tpot", "throughput")


def basis_of(grid: Grid) -> Basis:
    """How near what was measured comes to the case."""
    kernels = kernels_of(grid.group.accelerator.architecture)
    known = {("linear", kernel.format) for kernel in kernels.gemm if kernel.points}
    known |= {("experts", kernel.format) for kernel in kernels.experts if kernel.points}
    used = kinds_of_kernels(grid)
    # weights alone in 4 bits: linear layers of no board were measured so, and take what bf16 takes
    unmeasured = not used <= known | {("linear", "int4")} or not kernels.measured_on
    if unmeasured or offloads(grid.arguments):
        return "extrapolated"
    served = {tuple(each.split()) for each in kernels.served}
    board = grid.group.accelerator.id
    return "measured" if all((board, *kind) in served for kind in used) else "calibrated"


def kinds_of_kernels(grid: Grid) -> set[tuple[str, str]]:
    """Which kernels the model's layers take on this board: linear or experts, and the format."""
    board = grid.group.accelerator
    found = set()
    for kind in grid.kinds.kinds:
        for module, scheme in kind.modules:
            name = scheme.kernel
            if name in QUANTIZATIONS and not is_native(board, name):
                name = "int4"
            if isinstance(module, Experts):
                found.add(("experts", name))
            elif isinstance(module, Linear):
                found.add(("linear", name))
    return found


def errors_of(grid: Grid, basis: Basis) -> Mapping[str, tuple[float, float]]:
    """10th and 90th percentile of measured over predicted, by figure."""
    found = term("speed_error", *constants_key(grid))
    spans = {name: found[f"{name}_{basis}"] for name in FIGURES}
    return {name: (span.low, span.high) for name, span in spans.items()}
