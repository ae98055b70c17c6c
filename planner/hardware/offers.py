"""What can be bought to serve a model: whole nodes, each with its price where it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.hardware import lookup
from planner.hardware.catalog import Catalog
from planner.hardware.cluster import parse_cluster
from planner.hardware.prices import price_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.hardware.accelerator import Accelerator
    from planner.hardware.group import NodeGroup
    from planner.hardware.prices import OwnPrice, Price

#: boards in one host that are tried where no node type with them is sold
_SIZES = (1, 2, 4, 8)
_SERVED = {"supported", "limited"}


@frozen
class Offer:
    """One node that can be bought, and the price of a GPU of it; None where nobody says one."""

    node: NodeGroup
    price: Price | None

    @property
    def usd_per_hour(self) -> float | None:
        """The price of the whole node."""
        return None if self.price is None else self.price.usd_per_gpu_hour * self.node.gpus


def offers(
    among: Sequence[str] = (), own: tuple[OwnPrice, ...] = (), catalog: Catalog | None = None
) -> tuple[Offer, ...]:
    """What can be chosen from: the given boards and node types, else all that has a price.

    Of node types alike in board and GPUs the cheapest is taken, unless it is named.

    Raises:
        PlannerError: a name nobody knows.
    """
    catalog = catalog or Catalog.default()
    texts = _named(among, catalog) if among else _priced(own, catalog)
    nodes = (parse_cluster(text, catalog).groups[0] for text in dict.fromkeys(texts))
    return tuple(Offer(node=node, price=price_of(node, own, catalog)) for node in nodes)


def not_priced(own: tuple[OwnPrice, ...] = (), catalog: Catalog | None = None) -> list[str]:
    """Boards that vLLM serves and nobody sells here: they cannot be compared by price."""
    catalog = catalog or Catalog.default()
    known = {*catalog.index.offers, *(each.name for each in own)}
    return [b.id for b in catalog.accelerators() if b.vllm_support in _SERVED and b.id not in known]


def _named(among: Iterable[str], catalog: Catalog) -> Iterator[str]:
    for text in among:
        found = lookup.find(catalog, text) if lookup.is_known(catalog, text) else None
        if found is None or found.node is not None:
            yield text  # with its number of GPUs, or a node type
        else:
            yield from _nodes_with(found.accelerator, catalog) or _hosts_of(found.accelerator)


def _priced(own: tuple[OwnPrice, ...], catalog: Catalog) -> Iterator[str]:
    for board_id in catalog.index.offers:
        if catalog.accelerator(board_id).vllm_support in _SERVED:
            yield from _nodes_with(catalog.accelerator(board_id), catalog)
    for name in (each.name for each in own):
        if name and name not in catalog.index.offers:
            found = lookup.find(catalog, name)
            yield from (name,) if found.node else _hosts_of(found.accelerator)


def _nodes_with(board: Accelerator, catalog: Catalog) -> list[str]:
    """The cheapest node type of each number of GPUs."""
    sold = catalog.index.offers.get(board.id, {})
    newest: dict[str, float] = {}
    for prices in catalog.price_lists():
        newest |= prices.usd_per_hour
    cheapest: dict[int, str] = {}
    for node in sorted(sold, key=lambda node: (newest[node], node)):
        cheapest.setdefault(sold[node], node)
    return [cheapest[gpus] for gpus in sorted(cheapest)]


def _hosts_of(board: Accelerator) -> list[str]:
    """Hosts of the usual sizes with a board that no node type here is sold with."""
    return [f"{n}x{board.id}" for n in _SIZES if n <= board.reference_gpus_per_node]
