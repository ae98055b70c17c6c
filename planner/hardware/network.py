"""The network between nodes: as typed, as the node type has it, or as is usual."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.hardware import lookup

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog
    from planner.hardware.group import NodeGroup
    from planner.hardware.node import Nic, NodeType

_PORTS = re.compile(r"^\s*([0-9]+)\s*[xX*×]\s*(.+)$", re.DOTALL)  # noqa: RUF001, people type it
#: a node has a few ports, a large cloud machine 32
MOST_PORTS = 128


def attach(
    group: NodeGroup, typed: str | None, node: NodeType | None, catalog: Catalog
) -> tuple[NodeGroup, tuple[str, ...]]:
    """The group with its network, and what had to be assumed.

    Args:
        group: the nodes.
        typed: what stood behind ``@``; None when nothing did.
        node: the node type that was named, if any.
        catalog: the data.

    Raises:
        UsageError: an absurd number of ports.
        UnknownNameError: no network is called so.
    """
    if typed is not None:
        return _typed(group, typed, node, catalog)
    if node is not None:
        return (_with_ports(group, node.nics[0], "node type", catalog) if node.nics else group), ()
    usual = _usual_node(group, catalog)
    if group.nodes == 1 or usual is None or not usual.nics:
        return group, ()
    nic = usual.nics[0]
    sentence = (
        f"no network named: {nic.count} x {nic.fabric} a node, as in {usual.id}; "
        "name yours as in @ib-hdr or @eth-25"
    )
    return _with_ports(group, nic, "assumed", catalog), (sentence,)


def _typed(
    group: NodeGroup, typed: str, node: NodeType | None, catalog: Catalog
) -> tuple[NodeGroup, tuple[str, ...]]:
    counted = _PORTS.match(typed)
    fabric = lookup.find_fabric(catalog, counted[2] if counted else typed)
    assumptions: tuple[str, ...] = ()
    if counted:
        ports = int(counted[1]) if len(counted[1]) <= len(str(MOST_PORTS)) else MOST_PORTS + 1
        if not 1 <= ports <= MOST_PORTS:
            fix = f"write @8x{fabric.id}, or @{fabric.id} for the usual number"
            raise UsageError(f"{counted[1][:9]} network ports in a node", fix=fix)
    else:
        model = node or _usual_node(group, catalog)
        usual = model.nics[0] if model and model.nics else None
        ports = usual.count if usual and usual.gpudirect and fabric.rdma else 1
        if model and ports > 1 and group.nodes > 1:
            typed_out = f"@1x{fabric.id}"
            sentence = f"{ports} ports of {fabric.id} a node, as in {model.id}; {typed_out} for one"
            assumptions = (sentence,)
    group = replace(
        group,
        fabric=fabric,
        nics_per_node=ports,
        nic_bytes_per_s_one_way=fabric.bytes_per_s_one_way,
        fabric_origin="typed",
    )
    return group, assumptions


def _with_ports(group: NodeGroup, nic: Nic, origin: str, catalog: Catalog) -> NodeGroup:
    return replace(
        group,
        fabric=catalog.fabric(nic.fabric),
        nics_per_node=nic.count,
        nic_bytes_per_s_one_way=nic.bytes_per_s_one_way,
        fabric_origin="node type" if origin == "node type" else "assumed",
    )


def _usual_node(group: NodeGroup, catalog: Catalog) -> NodeType | None:
    reference = group.accelerator.reference_node
    return lookup.find_node(catalog, reference) if reference else None
