"""A cluster: groups of like nodes, and what was assumed about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.hardware.accelerator import Accelerator
    from planner.hardware.fabric import Fabric


@frozen
class NodeLink:
    """What joins the GPUs of one node.

    Attributes:
        kind: an id of ``fabrics/links`` such as ``nvlink4`` or ``pcie4x16``.
        topology: ``pcie``, ``switch``, ``rack``, ``mesh``, ``pairs`` …
        bytes_per_s_one_way: all links of one GPU, one direction; None where not known.
        peer_bytes_per_s_one_way: between two GPUs that are joined; less than the above in a mesh.
        p2p: whether one GPU reads another's memory; None: depends on the host.
    """

    kind: str
    topology: str
    bytes_per_s_one_way: float | None
    peer_bytes_per_s_one_way: float | None
    p2p: bool | None


@frozen
class NodeGroup:
    """Like nodes. A node is one host: what runs one vLLM host process.

    Attributes:
        accelerator: the board.
        nodes: hosts.
        gpus_per_node: devices of one host.
        scale_up_domain: GPUs joined by NVLink, NVSwitch, xGMI or the like: 1 on PCIe alone, 2 on
            bridged pairs, 72 in an NVL72 rack, where it spans hosts.
        intra_node_link: what joins the GPUs of a node; None where not known.
        fabric: the network between nodes; None where there is none or it is not known.
        nics_per_node: ports of that network.
        nic_bytes_per_s_one_way: rate of one port, one direction.
        fabric_origin: who says so: the user, the node type, or nobody.
        node_type: id of the node type; None for a bare count of boards.
        nodes_per_rack: hosts that one ``node_type`` stands for.
        bridged: True for cards joined by NVLink bridges.
        host_memory_bytes: memory of a host, where known.
        taken_bytes: GPU memory in use by others, on the worst GPU.
        hosts: names or addresses to log in to, in node order.
        addresses: IP addresses on the network between the nodes, in node order.
        network_interface: the host's interface for NCCL and GLOO sockets.
        ib_hca: the host's InfiniBand adapters for NCCL.
        usd_per_gpu_hour: what the user pays for a GPU of it; None where nobody said.
    """

    accelerator: Accelerator
    nodes: int
    gpus_per_node: int
    scale_up_domain: int
    intra_node_link: NodeLink | None = None
    fabric: Fabric | None = None
    nics_per_node: int | None = None
    nic_bytes_per_s_one_way: float | None = None
    fabric_origin: Literal["typed", "node type", "assumed"] | None = None
    node_type: str | None = None
    nodes_per_rack: int = 1
    bridged: bool = False
    host_memory_bytes: int | None = None
    taken_bytes: int = 0
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    network_interface: str | None = None
    ib_hca: str | None = None
    usd_per_gpu_hour: float | None = None

    @property
    def gpus(self) -> int:
        """GPUs of the group."""
        return self.nodes * self.gpus_per_node

    @property
    def fabric_assumed(self) -> bool:
        """True when neither the user nor the node type names the network."""
        return self.fabric_origin == "assumed"

    @property
    def memory_bytes(self) -> int:
        """Memory of one GPU that a plan counts with."""
        return self.accelerator.memory_bytes

    @property
    def network_bytes_per_s_per_node(self) -> float | None:
        """What collectives get out of a node, one way: ports x rate x achievable share."""
        if self.fabric is None or not self.nics_per_node or not self.nic_bytes_per_s_one_way:
            return None
        share = self.fabric.achievable_fraction
        return self.nics_per_node * self.nic_bytes_per_s_one_way * (1.0 if share is None else share)

    @property
    def text(self) -> str:
        """The group as ``--gpus`` takes it, with everything spelled out.

        What only a cluster file can say (hosts, measured memory) is not in it.
        """
        if self.node_type is not None:
            body = f"{self.nodes // self.nodes_per_rack}x{self.node_type}"
        else:
            suffix = "-bridged" if self.bridged else ""
            body = f"{self.nodes}x{self.gpus_per_node}x{self.accelerator.id}{suffix}"
        if self.fabric is None or self.fabric_origin != "typed":
            return body
        return f"{body}@{self.nics_per_node}x{self.fabric.id}"

    def as_document(self) -> dict[str, Any]:
        """The group as the JSON answer holds it."""
        link, fabric = self.intra_node_link, self.fabric
        return {
            "accelerator": self.accelerator.id,
            "nodes": self.nodes,
            "gpus_per_node": self.gpus_per_node,
            "memory_bytes": self.memory_bytes,
            "scale_up_domain": self.scale_up_domain,
            "intra_node_link": None
            if link is None
            else {
                "kind": link.kind,
                "topology": link.topology,
                "bytes_per_s_one_way": link.bytes_per_s_one_way,
                "peer_bytes_per_s_one_way": link.peer_bytes_per_s_one_way,
                "p2p": link.p2p,
            },
            "fabric": None
            if fabric is None
            else {
                "id": fabric.id,
                "family": fabric.family,
                "ports_per_node": self.nics_per_node,
                "port_bytes_per_s_one_way": self.nic_bytes_per_s_one_way,
                "origin": self.fabric_origin,
            },
            "node_type": self.node_type,
        }


@frozen
class Cluster:
    """All groups, in the order given, and what was assumed: plain sentences to be printed."""

    groups: tuple[NodeGroup, ...]
    assumptions: tuple[str, ...] = ()

    @property
    def gpus(self) -> int:
        """GPUs of all groups."""
        return sum(group.gpus for group in self.groups)

    @property
    def texts(self) -> tuple[str, ...]:
        """The groups as ``--gpus`` takes them."""
        return tuple(group.text for group in self.groups)

    def as_document(self) -> dict[str, Any]:
        """The ``hardware`` part of the JSON answer."""
        groups = [group.as_document() for group in self.groups]
        return {"groups": groups, "assumptions": list(self.assumptions)}
