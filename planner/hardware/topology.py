"""Which GPUs of a node are joined, by what, and how far the joined set reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.frozen import frozen
from planner.hardware.group import NodeLink

if TYPE_CHECKING:
    from planner.hardware.accelerator import Accelerator, BoardLink
    from planner.hardware.node import NodeType


@frozen(kw_only=False)
class Joined:
    """How the GPUs of a node hang together.

    Attributes:
        domain: GPUs of one scale-up domain.
        link: what joins them; None where the board's data names nothing.
        assumptions: sentences to be printed.
    """

    domain: int
    link: NodeLink | None
    assumptions: tuple[str, ...] = ()


def pcie_link(board: Accelerator, *, p2p: bool | None = None) -> NodeLink | None:
    """The board's slot as a link between GPUs."""
    if board.pcie is None:
        return None
    kind = f"pcie{board.pcie.generation}x{board.pcie.lanes}"
    rate = board.pcie.bytes_per_s_one_way
    p2p = board.pcie_p2p if p2p is None else p2p
    return NodeLink(
        kind=kind,
        topology="pcie",
        bytes_per_s_one_way=rate,
        peer_bytes_per_s_one_way=rate,
        p2p=p2p,
    )


def of_boards(board: Accelerator, nodes: int, gpus_per_node: int, *, bridged: bool) -> Joined:
    """A bare count of boards: as their usual server joins them, bridges only when asked for.

    Raises:
        UsageError: bridges on a board that takes none.
    """
    link = board.link
    if board.mig_profile:
        note = f"slices of one GPU cannot join: each {board.id} is a server's whole GPU"
        return Joined(1, None, (note,) if gpus_per_node > 1 else ())
    if bridged and (link is None or link.topology != "bridge"):
        raise UsageError(
            f"{board.id} takes no NVLink bridge",
            cause=f"its GPUs are joined by {link.kind}" if link else "it has no NVLink connector",
            fix=f"write {nodes}x{gpus_per_node}x{board.id}",
        )
    if link is None or (link.topology == "bridge" and not bridged):
        assumptions = _pcie_assumption(board, nodes, gpus_per_node)
        return Joined(1, pcie_link(board), assumptions)
    reach = (link.max_peers or gpus_per_node) + 1
    if link.topology == "rack" and nodes > 1:
        sentence = (
            f"hosts of {board.id} taken to sit in racks of {reach} GPUs with one scale-up domain"
        )
        return Joined(reach, _board_link(link, "rack"), (sentence,))
    topology = {"bridge": "pairs"}.get(link.topology, link.topology)
    return Joined(min(gpus_per_node, reach), _board_link(link, topology))


def of_node(node: NodeType, board: Accelerator, nodes: int) -> Joined:
    """A node type, as its data says."""
    if node.topology in ("single", "pcie") or board.link is None:
        return Joined(1, pcie_link(board, p2p=node.p2p))
    link = _board_link(board.link, node.topology, node.peer_bytes_per_s_one_way)
    if node.topology != "rack" or node.nodes_per_rack > 1:
        return Joined(node.scale_up_domain, link)
    if nodes == 1:
        return Joined(node.gpus_per_node, link)
    sentence = f"{node.id}: hosts taken to sit in racks of {node.scale_up_domain} joined GPUs"
    return Joined(node.scale_up_domain, link, (sentence,))


def _board_link(link: BoardLink, topology: str, peer: float | None = None) -> NodeLink:
    rate = link.bytes_per_s_one_way
    if peer is None:
        shared = topology == "mesh" and rate is not None and link.max_peers
        peer = rate / link.max_peers if shared and rate and link.max_peers else rate
    return NodeLink(
        kind=link.kind,
        topology=topology,
        bytes_per_s_one_way=rate,
        peer_bytes_per_s_one_way=peer,
        p2p=True,
    )


def _pcie_assumption(board: Accelerator, nodes: int, gpus_per_node: int) -> tuple[str, ...]:
    if gpus_per_node == 1:
        return ()
    if board.link is not None:
        typed = f"{nodes}x{gpus_per_node}x{board.id}-bridged"
        return (f"{board.id}: no NVLink bridges between cards; write {typed} if there are",)
    pcie = board.pcie
    slot = f"PCIe {pcie.generation}.0 x{pcie.lanes}" if pcie else "the host"
    lacks = "has no NVLink" if board.vendor == "nvidia" else "has no links of its own"
    return (f"{board.id} {lacks}: the {gpus_per_node} GPUs of a node talk over {slot}",)
