"""How long a row's deployment takes to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.case.graphs import graph_plan
from planner.case.speed_basis import kinds_of_kernels
from planner.case.term_constants import constants
from planner.speed.start_up import Span, Start, start_up_parts

if TYPE_CHECKING:
    from planner.case.table import Case
    from planner.request import Storage

_PREFETCH = "prefetch"
#: compute capabilities, 9.x and 10.x
_DEEP_GEMM = (9, 10)


def start_up(case: Case, row: int, storage: Storage) -> dict[str, Span]:
    """Seconds of each part of a row's first start on its slowest host."""
    hosts = int(case.placement.hosts[row])
    plan = graph_plan(case)
    ranks = int(case.layouts.gpus[row])
    return start_up_parts(
        Start(
            storage=storage,
            loader=_loader(case),
            read_bytes=_read_bytes(case, row, hosts),
            ranks=max(ranks // hosts, 1),
            several=ranks > 1,
            compiled=case.settings.compilation.compiled,
            # batch sizes are the same for all rows of a case
            graphs=int((plan.piecewise + plan.full).max()),
            experts=case.has_experts,
            tuned=_tuned(case),
            built=_built(case),
        ),
        {
            name: Span(low=found.low, mid=found.mid, high=found.high)
            for name, found in constants(case, "start_up").items()
        },
    )


def _tuned(case: Case) -> bool:
    """Experts in FP4 on a board that computes in it: FlashInfer tries their kernels out."""
    board = case.group.accelerator
    forms = {form for kind, form in kinds_of_kernels(case) if kind == "experts"}
    return "fp4" in board.dense_flops and bool(forms & {"nvfp4", "mxfp4"})


def _built(case: Case) -> bool:
    """FP8 by blocks on data-centre boards from Hopper on: DeepGEMM builds a kernel a shape.

    Source: vllm.utils.deep_gemm.is_deep_gemm_supported (0.33.0)
    """
    forms = {form for _, form in kinds_of_kernels(case)}
    return case.settings.capability // 10 in _DEEP_GEMM and "fp8_block" in forms


def _read_bytes(case: Case, row: int, hosts: int) -> int:
    """Parameters of one replica, or of all where replicas share experts, spread over its hosts."""
    layouts = case.layouts
    replica = int(case.weights.parameter_bytes[row].sum()) * int(layouts.tp[row])
    replicas = int(layouts.dp[row])
    shared = case.has_experts and bool(layouts.ep[row])
    return replica * replicas // hosts if shared else replica // max(hosts // replicas, 1)


def _loader(case: Case) -> str:
    passed = dict(case.arguments.other)
    (strategy,) = passed.get("--safetensors-load-strategy") or ("",)
    (loader,) = passed.get("--load-format") or ("auto",)
    return _PREFETCH if strategy == _PREFETCH else loader
