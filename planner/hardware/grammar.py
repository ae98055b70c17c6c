"""The cluster grammar: ``[<nodes>x]<gpus per node>x<name>[@[<ports>x]<fabric>]``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen
from planner.hardware import lookup, topology
from planner.hardware.group import NodeGroup
from planner.hardware.network import attach

if TYPE_CHECKING:
    from planner.hardware.accelerator import Accelerator
    from planner.hardware.catalog import Catalog
    from planner.hardware.lookup import Found
    from planner.hardware.node import NodeType

_LEADING = re.compile(r"^\s*([+-]?[0-9]+)\s*[xX*×]\s*(.+)$", re.DOTALL)  # noqa: RUF001, people type it
_TRAILING = re.compile(r"^(.+?)\s*[xX*×]\s*([+-]?[0-9]+)$", re.DOTALL)  # noqa: RUF001, as above
_BRIDGED = re.compile(r"[ _-]bridged$", re.IGNORECASE)
EXAMPLES = "2x8xA100, 8xH100, T4, 2x8xa100-40gb@ib-hdr, 2xp4d.24xlarge, gb200-nvl72"
#: no host runs more; a larger number is nodes and GPUs mixed up
MOST_GPUS_PER_NODE = 64
#: far above any single deployment
MOST_GPUS = 1_000_000
_LONGEST_TEXT = 200


@frozen(kw_only=False)
class Parsed:
    """A group and the sentences about what was assumed, those on memory apart."""

    group: NodeGroup
    assumptions: tuple[str, ...]
    memory_assumptions: tuple[str, ...]


def parse_group(text: str, catalog: Catalog) -> Parsed:
    """One ``--gpus`` text.

    Raises:
        UsageError: the text is no such sentence, or its numbers are absurd.
        UnknownNameError: a name nobody knows.
    """
    if not text.strip() or len(text) > _LONGEST_TEXT:
        raise UsageError("--gpus names no GPUs", fix=f"write, say, {EXAMPLES}")
    body, at, network = text.strip().partition("@")
    counts, name = split_counts(body.strip(), catalog)
    bare = _board_name(name, catalog)
    found = lookup.find(catalog, bare)
    if found.node is not None:
        group, notes = _of_node(found, found.node, counts, text)
    else:
        group, notes = _of_boards(found.accelerator, counts, name, bridged=bare != name)
    group, network_notes = attach(group, network if at else None, found.node, catalog)
    assumptions = (*found.assumptions, *notes, *network_notes)
    return Parsed(group, assumptions, found.memory_assumptions)


def split_counts(body: str, catalog: Catalog) -> tuple[list[int], str]:
    """The numbers in front of a name, or the one behind it; names may begin with digits.

    Raises:
        UsageError: more than two numbers, or one that is not sensible.
    """
    counts: list[int] = []
    rest = body
    while not lookup.is_known(catalog, _board_name(rest, catalog)):
        leading = _LEADING.match(rest)
        if leading is None:
            break
        counts.append(_count(leading[1], body))
        rest = leading[2].strip()
    trailing = _TRAILING.match(rest)
    if not counts and trailing and not lookup.is_known(catalog, _board_name(rest, catalog)):
        counts, rest = [_count(trailing[2], body)], trailing[1]
    if len(counts) > 2:  # noqa: PLR2004, nodes and GPUs per node
        raise UsageError(
            f"{body!r} has {len(counts)} numbers in front of the name",
            cause="there are two: nodes, then GPUs per node",
            fix=f"write, say, {EXAMPLES}",
        )
    return counts, rest


def _board_name(name: str, catalog: Catalog) -> str:
    """The name without ``-bridged``, which node types have in their own names."""
    return name if lookup.find_node(catalog, name) else _BRIDGED.sub("", name)


def _count(digits: str, body: str) -> int:
    number = int(digits) if len(digits) <= len(str(MOST_GPUS)) + 1 else MOST_GPUS + 1
    if not 1 <= number <= MOST_GPUS:
        shown = digits if len(digits) <= len(str(MOST_GPUS)) + 4 else digits[:8] + "…"
        raise UsageError(
            f"{body[:60]!r}: {shown} is no number of nodes or GPUs",
            cause=f"counts go from 1 to {MOST_GPUS:,}",
            fix=f"write, say, {EXAMPLES}",
        )
    return number


def _of_node(
    found: Found, node: NodeType, counts: list[int], text: str
) -> tuple[NodeGroup, tuple[str, ...]]:
    """``2xp4d.24xlarge``: the number counts node types; a rack stands for several hosts."""
    if len(counts) > 1 and counts[1] != node.gpus_per_node:
        raise UsageError(
            f"{text.strip()!r} asks for {counts[1]} GPUs a node",
            cause=f"{node.id} has {node.gpus_per_node}",
            fix=f"write {counts[0]}x{node.id}",
        )
    units = counts[0] if counts else 1
    nodes = units * node.nodes_per_rack
    _check_total(nodes * node.gpus_per_node, text)
    joined = topology.of_node(node, found.accelerator, nodes)
    notes = list(joined.assumptions)
    if node.nodes_per_rack > 1:
        racks = "1 rack" if units == 1 else f"{units} racks"
        notes.append(
            f"{node.id}: {racks} of {node.nodes_per_rack} hosts with {node.gpus_per_node} GPUs "
            f"each, {node.scale_up_domain} GPUs a scale-up domain"
        )
    group = NodeGroup(
        accelerator=found.accelerator,
        nodes=nodes,
        gpus_per_node=node.gpus_per_node,
        scale_up_domain=joined.domain,
        intra_node_link=joined.link,
        node_type=node.id,
        nodes_per_rack=node.nodes_per_rack,
        host_memory_bytes=node.host_memory_bytes,
    )
    return group, tuple(notes)


def _of_boards(
    board: Accelerator, counts: list[int], name: str, *, bridged: bool
) -> tuple[NodeGroup, tuple[str, ...]]:
    """``2x8xA100``, ``16xA100`` or ``T4``: boards in their usual servers."""
    notes: list[str] = []
    if len(counts) > 1:
        nodes, gpus_per_node = counts
    else:
        nodes, gpus_per_node = _split(counts[0] if counts else 1, board, name)
        if nodes > 1:
            usual = board.reference_node or "the usual server"
            notes.append(
                f"{nodes * gpus_per_node}x{name} read as {nodes} nodes of {gpus_per_node}, "
                f"as {usual} holds {board.reference_gpus_per_node}"
            )
    if gpus_per_node > MOST_GPUS_PER_NODE:
        raise UsageError(
            f"{gpus_per_node} GPUs in one node",
            cause=f"no host holds more than {MOST_GPUS_PER_NODE}",
            fix=f"name nodes and GPUs per node: <nodes>x{board.reference_gpus_per_node}x{board.id}",
        )
    _check_total(nodes * gpus_per_node, name)
    joined = topology.of_boards(board, nodes, gpus_per_node, bridged=bridged)
    group = NodeGroup(
        accelerator=board,
        nodes=nodes,
        gpus_per_node=gpus_per_node,
        scale_up_domain=joined.domain,
        intra_node_link=joined.link,
        bridged=bridged,
    )
    return group, (*notes, *joined.assumptions)


def _split(gpus: int, board: Accelerator, name: str) -> tuple[int, int]:
    """Nodes and GPUs per node of a bare count."""
    usual = board.reference_gpus_per_node
    if gpus <= usual:
        return 1, gpus
    if gpus % usual == 0:
        return gpus // usual, usual
    nodes = next(n for n in range(2, gpus + 1) if gpus % n == 0 and gpus // n <= usual)
    raise UsageError(
        f"{gpus}x{name} is more than one node and no whole number of nodes",
        cause=f"the usual server of {board.id} holds {usual}",
        fix=f"write 1x{gpus}x{name} for one node, or {nodes}x{gpus // nodes}x{name}",
    )


def _check_total(gpus: int, text: str) -> None:
    if gpus > MOST_GPUS:
        raise UsageError(
            f"{text.strip()[:60]!r} are {gpus:,} GPUs",
            cause=f"a plan covers at most {MOST_GPUS:,}",
            fix="plan one replica's worth of nodes",
        )
