"""The index of names: which id a typed name means. Generated, so that a lookup opens one file."""

from __future__ import annotations

import json
from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any, Protocol

from planner.frozen import frozen
from planner.hardware.names import full_key, generated_keys, leaves_open, name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.hardware.accelerator import Accelerator
    from planner.hardware.fabric import Fabric
    from planner.hardware.measured import PriceList
    from planner.hardware.node import NodeType


@frozen(kw_only=False)
class Index:
    """Keys (see ``names.name_key``) to ids.

    Attributes:
        accelerators: key to id.
        open: accelerator keys that leave a version open, to the other ids they could mean.
        unclear: keys that mean several boards equally, to their ids.
        nodes: key to ``provider/id``.
        fabrics: key to id.
        offers: board's id to the node types with it that have a price, and their GPUs.
    """

    accelerators: dict[str, str] = field(default_factory=dict)
    open: dict[str, list[str]] = field(default_factory=dict)
    unclear: dict[str, list[str]] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    fabrics: dict[str, str] = field(default_factory=dict)
    offers: dict[str, dict[str, int]] = field(default_factory=dict)


class Rows(Protocol):
    """What the index is built from; the catalogue is one."""

    def accelerators(self) -> Iterator[Accelerator]:
        """Every board."""

    def nodes(self) -> Iterator[NodeType]:
        """Every node type."""

    def ids(self, folder: str) -> list[str]:
        """Ids in one folder."""

    def fabric(self, fabric_id: str) -> Fabric:
        """One network."""

    def price_lists(self) -> list[PriceList]:
        """Every dated price list."""


def build_index(rows: Rows) -> Index:
    """The index of all rows, from the files alone.

    A name that a row states wins over one that follows from an id; a key that follows from
    several ids is left out, unless a row states it.
    """
    boards = list(rows.accelerators())
    index = Index()
    _add_stated(index, boards)
    for board in boards:
        for alias in board.unclear_aliases:
            index.unclear.setdefault(name_key(alias), []).append(board.id)
    _add_generated(index, boards)
    _add_open(index, boards)
    sold = {node for prices in rows.price_lists() for node in prices.usd_per_hour}
    for node in rows.nodes():
        for name in (node.id, *node.aliases):
            index.nodes[name_key(name)] = f"{node.provider}/{node.id}"
        if node.id in sold:
            index.offers.setdefault(node.accelerator, {})[node.id] = (
                node.gpus_per_node * node.nodes_per_rack
            )
    for fabric_id in rows.ids("fabrics"):
        for name in (fabric_id, *rows.fabric(fabric_id).aliases):
            index.fabrics[name_key(name)] = fabric_id
    return index


def index_text(index: Index) -> str:
    """The index as its file holds it: sorted, one name a line."""
    document: dict[str, Any] = {"_": "generated from the data files; do not edit", **asdict(index)}
    return json.dumps(document, indent=0, sort_keys=True, ensure_ascii=False) + "\n"


def _add_stated(index: Index, boards: list[Accelerator]) -> None:
    """Ids, driver names and aliases; two that differ in makers' words alone are told apart."""
    stated = [(name, b.id) for b in boards for name in (b.id, *b.nvml_names, *b.aliases)]
    bare = {name_key(name): board_id for name, board_id in stated if _is_bare(name)}
    for name, board_id in stated:
        claimed = bare.get(name_key(name), board_id)
        key = name_key(name) if claimed == board_id else full_key(name)
        index.accelerators[key] = board_id


def _is_bare(name: str) -> bool:
    return name_key(name) == full_key(name)


def _add_generated(index: Index, boards: Iterable[Accelerator]) -> None:
    claims: dict[str, set[str]] = {}
    for board in boards:
        for key in generated_keys(board.id):
            claims.setdefault(key, set()).add(board.id)
    for key, ids in claims.items():
        if len(ids) == 1:
            index.accelerators.setdefault(key, next(iter(ids)))


def _add_open(index: Index, boards: Iterable[Accelerator]) -> None:
    """Note which names leave a version open."""
    ids = [board.id for board in boards]
    for key, chosen in index.accelerators.items():
        others = [other for other in ids if leaves_open(key, chosen, other)]
        if others:
            index.open[key] = others
