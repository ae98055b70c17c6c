"""What a GPU costs an hour: as the user says, as its node type is sold, or as its board is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen
from planner.hardware import lookup
from planner.hardware.catalog import Catalog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.hardware.group import NodeGroup
    from planner.hardware.measured import PriceList

#: what ``--price`` takes, for a fix
EXAMPLE = "--price 2.50, or --price H100=2.50 for one of several boards"


_TYPED = "--price"


@frozen
class Price:
    """Of one GPU.

    Attributes:
        usd_per_gpu_hour: a node's price over its GPUs, or what the user pays.
        source: who asks it, in words.
        date: day of the price, ISO; None where the user said it.
        offer: the node type that is sold at it; None where the user said it.
    """

    usd_per_gpu_hour: float
    source: str
    date: str | None = None
    offer: str | None = None


@frozen
class OwnPrice:
    """What the user pays: for a board or node type by its id, or for every GPU.

    Attributes:
        source: where it is written, in words; a date says of which day it is.
    """

    name: str | None
    usd_per_gpu_hour: float
    source: str = _TYPED
    date: str | None = None


def own_prices(texts: Iterable[str], catalog: Catalog | None = None) -> tuple[OwnPrice, ...]:
    """What ``--price`` texts say: ``2.50``, or ``H100=2.50``.

    Raises:
        UsageError: no number above 0.
        UnknownNameError: a board that nobody knows.
    """
    return tuple(_own_price(text, catalog or Catalog.default()) for text in texts)


def _own_price(text: str, catalog: Catalog) -> OwnPrice:
    name, equals, number = text.rpartition("=")
    try:
        usd = float(number)
    except ValueError:
        usd = -1.0
    if not 0 < usd < float("inf"):
        raise UsageError(
            f"--price {text!r} is no price", cause="it is US dollars a GPU and hour", fix=EXAMPLE
        )
    if not equals:
        return OwnPrice(name=None, usd_per_gpu_hour=usd)
    found = lookup.find(catalog, name.strip())
    return OwnPrice(
        name=found.node.id if found.node else found.accelerator.id, usd_per_gpu_hour=usd
    )


def price_of(
    group: NodeGroup, own: tuple[OwnPrice, ...] = (), catalog: Catalog | None = None
) -> Price | None:
    """The price of a GPU of a group; None where nobody sells it here.

    What the user types goes first, then what the cluster's and what the project's file say, each
    time the most particular before the general; then the newest price of the node type. Bare boards
    cost what the cheapest node type with as many of the same costs.
    """
    if (typed := _own(group, [each for each in own if each.source == _TYPED])) is not None:
        return typed
    if group.usd_per_gpu_hour is not None:
        return Price(usd_per_gpu_hour=group.usd_per_gpu_hour, source="the cluster file")
    if (written := _own(group, [each for each in own if each.source != _TYPED])) is not None:
        return written
    if group.accelerator.mig_profile:
        return None
    return _sold(group, catalog or Catalog.default())


def _own(group: NodeGroup, own: Iterable[OwnPrice]) -> Price | None:
    by_name = {each.name: each for each in own}
    for name in (group.node_type or group.accelerator.id, group.accelerator.id, None):
        if found := by_name.get(name):
            return Price(
                usd_per_gpu_hour=found.usd_per_gpu_hour, source=found.source, date=found.date
            )
    return None


def _sold(group: NodeGroup, catalog: Catalog) -> Price | None:
    """The cheapest node that is sold and stands for one of the group's."""
    offers = catalog.index.offers.get(group.accelerator.id, {})
    wanted = {
        node: gpus
        for node, gpus in offers.items()
        if (node == group.node_type if group.node_type else gpus >= group.gpus_per_node)
    }
    if not wanted:
        return None
    lists = catalog.price_lists()
    priced = [
        (prices.usd_per_hour[node], node, prices)
        for node in wanted
        if (prices := _newest(lists, node)) is not None
    ]
    usd, node, prices = min(priced, key=lambda offer: (offer[0], offer[1]))
    return Price(
        usd_per_gpu_hour=usd / wanted[node],
        source=f"{prices.provider} {node}, {prices.kind.replace('_', ' ')} in {prices.region}",
        date=prices.priced_on.isoformat(),
        offer=node,
    )


def _newest(lists: list[PriceList], node: str) -> PriceList | None:
    """The last list that has a node."""
    return next((each for each in reversed(lists) if node in each.usd_per_hour), None)
