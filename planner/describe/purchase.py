"""From what is bought to the document that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner import plan
from planner.describe.cost import cost_of
from planner.describe.layout import sizes
from planner.rank.preference import SURE
from planner.rank.prospect import at_loads

if TYPE_CHECKING:
    from planner.case import Case
    from planner.hardware.prices import Price
    from planner.rank.preference import Span


def describe_purchase(
    case: Case,
    row: int,
    *,
    multiple: float,
    gpus: tuple[str, int],
    servers: tuple[int, int],
    load: float,
    rate: bool,
    stands: int,
    price: Price | None,
) -> plan.Purchase:
    """Servers of one layout on nodes of one kind.

    Args:
        case: layouts on the nodes of one server.
        row: the one that is bought.
        multiple: of the load that was asked about.
        gpus: all of them as ``--gpus`` takes them, and their number.
        servers: that the load needs, and those beyond it.
        load: of one server, requests in flight or a second as ``rate`` says.
        rate: see ``load``.
        stands: whether the limits are met surely (0) or by the middle alone.
        price: of a GPU.
    """
    performance = _performance(case, row, servers[0], load, rate=rate)
    return plan.Purchase.model_construct(
        **sizes(case, row),
        load=multiple,
        gpus=gpus[0],
        gpus_bought=gpus[1],
        servers=servers[0],
        spare_servers=servers[1],
        gpus_per_server=int(case.layouts.gpus[row]),
        meets="surely" if stands == SURE else "may",
        performance=performance,
        cost=cost_of(gpus[1], performance.output_tokens_per_s, price),
        network=_network(case, row),
    )


def _performance(
    case: Case, row: int, servers: int, load: float, *, rate: bool
) -> plan.Performance:
    """What all servers that the load needs give at it."""
    one = case.alone(row)
    offered = at_loads(one, np.array([[load]]), np.array([[servers]]), rate=rate)
    tokens = float(offered.output_tokens_per_s.mid[0, 0])
    return plan.Performance.model_construct(
        ttft_ms=round(1000 * float(offered.ttft_s.mid[0, 0]), 1),
        tpot_ms=round(1000 * float(offered.tpot_s.mid[0, 0]), 2),
        output_tokens_per_s=round(tokens, 1),
        requests_per_s=round(tokens / case.workload.output_tokens, 3),
        basis="extrapolated",
        interval={
            "ttft_ms": _ends(offered.ttft_s, 1000),
            "tpot_ms": _ends(offered.tpot_s, 1000),
            "output_tokens_per_s": _ends(offered.output_tokens_per_s, 1),
        },
    )


def _ends(span: Span, unit: float) -> tuple[float, float]:
    return round(unit * float(span.low[0, 0]), 2), round(unit * float(span.high[0, 0]), 2)


def _network(case: Case, row: int) -> str:
    """What has to join the hosts of a server, and the servers."""
    hosts = int(case.placement.hosts[row])
    if hosts == 1:
        return "a router before the servers; none of them spans hosts"
    fabric = case.group.fabric
    name = fabric.id if fabric else "a network"
    ports = f" with {case.group.nics_per_node} ports a host" if case.group.nics_per_node else ""
    return f"{name}{ports} between the {hosts} hosts of each server, and a router before them"
