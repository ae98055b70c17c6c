"""How long a row's deployment takes to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.case.graphs import graph_plan
from planner.case.term_constants import constants
from planner.speed.start_up import Span, Start, start_up_parts

if TYPE_CHECKING:
    from planner.case.table import Case
    from planner.request import Storage

_PREFETCH = "prefetch"


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
        ),
        {
            name: Span(low=found.low, mid=found.mid, high=found.high)
            for name, found in constants(case, "start_up").items()
        },
    )


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
