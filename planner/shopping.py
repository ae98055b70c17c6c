"""Which hardware, and how many of it, serves a load: by the model, the cheapest first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.describe import paid
from planner.frozen import frozen
from planner.hardware.cluster import Cluster, parse_cluster
from planner.hardware.offers import offers
from planner.judged import judge_candidates
from planner.rank.capacity import capacity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.case import Case
    from planner.goal import Goal
    from planner.hardware.offers import Offer
    from planner.rank.capacity import Capacity
    from planner.request import Request
    from planner.resolve import Subject
    from planner.units import Bools, Ints

#: nodes that one server is tried on, where fewer do not hold the model
NODES_OF_A_SERVER = (1, 2, 4, 8)


@frozen
class Stock:
    """One kind of node that holds the model, and what each layout on it carries.

    Attributes:
        offer: the node and its price.
        case: layouts on ``case.group``: the nodes of one server, or one node of several.
        usable: rows that surely fit, serve the requests and keep the limits.
        carried: load of one server, by row.
    """

    offer: Offer
    case: Case
    usable: Bools
    carried: Capacity


@frozen
class Purchase:
    """Servers of one layout on nodes of one kind.

    Attributes:
        stock: the kind of node.
        row: the layout.
        multiple: of the load that was asked about.
        servers: that the load needs; ``spare`` come on top.
        nodes: all that are bought.
        load: requests in flight, or a second, of one server.
    """

    stock: Stock
    row: int
    multiple: float
    servers: int
    spare: int
    nodes: int
    load: float

    @property
    def gpus(self) -> int:
        """All that are bought."""
        return self.nodes * self.stock.case.group.gpus_per_node

    @property
    def usd_per_hour(self) -> float | None:
        """Of all nodes; None where nobody says a price."""
        price = self.stock.offer.price
        return None if price is None else self.gpus * price.usd_per_gpu_hour

    @property
    def text(self) -> str:
        """All of it as ``--gpus`` takes it."""
        return replace(self.stock.case.group, nodes=self.nodes).text


def load_of(request: Request) -> tuple[float, bool] | None:
    """The load that is named, and whether it is requests a second; None where none is.

    A throughput alone is a rate: of answers of that many tokens.
    """
    workload, least = request.workload, request.goal.min_throughput
    if workload.concurrency is not None:
        return float(workload.concurrency), False
    if workload.request_rate is not None:
        return workload.request_rate, True
    return None if least is None else (least / workload.output_tokens, True)


def stocks(subject: Subject, among: Sequence[Offer] | None = None) -> Iterator[Stock]:
    """Every kind of node on which some layout serves the requests within the limits."""
    goal = subject.request.goal
    found = offers(goal.among, paid(subject.request)) if among is None else among
    for offer in found:
        stock = _stock(subject, offer)
        if stock is not None:
            yield stock


def _stock(subject: Subject, offer: Offer) -> Stock | None:
    """The layouts on the fewest nodes that hold the model."""
    named = load_of(subject.request)
    for nodes in NODES_OF_A_SERVER:
        cluster = _cluster(offer, nodes)
        judged = judge_candidates(replace(subject, cluster=cluster), cluster.groups[0])
        case = judged.case
        holds = judged.fitting & case.fits & (case.max_model_len >= _longest(subject))
        if not holds.any():
            continue
        case = case.take(holds)
        carried = capacity(case, subject.request.goal, rate=bool(named and named[1]))
        return Stock(offer=offer, case=case, usable=carried.load > 0, carried=carried)
    return None


def _cluster(offer: Offer, nodes: int) -> Cluster:
    """Some of the offered nodes, joined as such nodes are."""
    if nodes == 1:
        return Cluster(groups=(offer.node,))
    return parse_cluster(replace(offer.node, nodes=nodes * offer.node.nodes).text)


def _longest(subject: Subject) -> int:
    """Tokens of the longest request that must fit: as fixed, or of the workload."""
    asked = subject.request.pinned.max_model_len
    workload = subject.request.workload
    return asked if isinstance(asked, int) else workload.longest_tokens


def cheapest(
    found: Sequence[Stock], goal: Goal, load: float, multiple: float = 1.0
) -> list[Purchase]:
    """One purchase of each kind of node that carries a multiple of the load, the cheapest first.

    What has no price comes last, the fewest GPUs first.
    """
    bought = [each for stock in found for each in _purchase(stock, goal, load, multiple)]
    affordable = [
        each
        for each in bought
        if goal.max_cost is None or each.usd_per_hour is None or each.usd_per_hour <= goal.max_cost
    ]
    return sorted(affordable, key=_cheap_first)


def _cheap_first(bought: Purchase) -> tuple[bool, float, int, int]:
    usd = bought.usd_per_hour
    stands = int(bought.stock.carried.stands[bought.row])
    hosts = int(bought.stock.case.placement.hosts[bought.row])
    return usd is None, bought.gpus if usd is None else usd, stands, hosts


def _purchase(stock: Stock, goal: Goal, load: float, multiple: float) -> Iterator[Purchase]:
    """The layout that needs the fewest nodes: one server of it more or less is not many."""
    if not stock.usable.any():
        return
    case, carried = stock.case, stock.carried
    wanted = load * multiple
    each = np.where(stock.usable, carried.load, 1.0)
    servers = np.where(stock.usable, np.maximum(np.ceil(wanted / each - 1e-9), 1), 0)
    spare = goal.spare + goal.surge
    nodes = _nodes(case, (servers + spare).astype(np.int64))
    # a server that keeps the limits surely goes before one that may
    order = np.lexsort([-carried.load / case.layouts.gpus, nodes, carried.stands, ~stock.usable])
    row = int(order[0])
    count = int(servers[row])
    yield Purchase(
        stock=stock,
        row=row,
        multiple=multiple,
        servers=count,
        spare=spare,
        nodes=int(nodes[row]),
        load=wanted / count,
    )


def _nodes(case: Case, servers: Ints) -> Ints:
    """Nodes that so many servers of each row take: whole groups of the nodes of one server."""
    a_group = np.maximum(case.group.gpus // case.layouts.gpus, 1)
    return np.asarray(-(-servers // a_group) * case.group.nodes)
