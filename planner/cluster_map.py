"""A cluster as one draws it: hosts, GPUs, their links, and which rank of a layout sits where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.layout import Layouts
from planner.placement import Placement

if TYPE_CHECKING:
    from planner.plan import HardwareGroup, Sizes


@frozen
class Seat:
    """What one GPU of a layout does. Each counts from 0."""

    server: int
    """Which of several like deployments."""
    rank: int
    replica: int
    """Its place in data parallelism."""
    stage: int
    """Its pipeline stage."""
    slice: int
    """Its place in tensor parallelism."""


@frozen
class MappedGpu:
    """One GPU of a host."""

    index: int
    """On its host, from 0."""
    domain: int
    """GPUs of one number share NVLink or its like, over hosts too; counted through the cluster."""
    seat: Seat | None
    """None: idle."""


@frozen
class MappedNode:
    """One host."""

    index: int
    name: str
    """To log in to, where somebody said; else ``node 0``."""
    gpus: tuple[MappedGpu, ...]


@frozen
class MappedLink:
    """What joins GPUs of a host, or hosts."""

    name: str
    """``nvlink4``, ``pcie4x16``, ``8 x ib-hdr``."""
    bytes_per_s_one_way: float | None
    """Of one GPU, or of one host."""


@frozen
class ClusterMap:
    """Like hosts, and a layout on them.

    Attributes:
        accelerator: the board.
        nodes: hosts, in the order of their ranks.
        domain: GPUs that share NVLink or its like; 1: none do.
        link: what joins the GPUs of a host; None where not known, or where there is one.
        topology: how those links are laid.
        network: what joins the hosts; None where not known, or where there is one.
        unplaced: GPUs that the layout wants and the cluster lacks.
    """

    accelerator: str
    nodes: tuple[MappedNode, ...]
    domain: int
    link: MappedLink | None
    topology: str | None
    network: MappedLink | None
    unplaced: int = 0


def cluster_map(group: HardwareGroup, sizes: Sizes, *, servers: int = 1) -> ClusterMap:
    """Like hosts with a layout on them; ``servers`` of it stand side by side, 0 leaves all idle.

    A layout that finds no place leaves all GPUs idle.
    """
    wanted, seats = _seats(group, sizes, servers)
    names = group.hosts or tuple(f"node {number}" for number in range(group.nodes))
    return ClusterMap(
        accelerator=group.accelerator,
        nodes=tuple(
            MappedNode(
                index=node,
                name=name,
                gpus=tuple(
                    MappedGpu(
                        index=gpu, domain=_domain(group, node, gpu), seat=seats.get((node, gpu))
                    )
                    for gpu in range(group.gpus_per_node)
                ),
            )
            for node, name in enumerate(names)
        ),
        domain=group.scale_up_domain,
        link=_link(group) if group.gpus_per_node > 1 else None,
        topology=group.topology,
        network=_network(group) if group.nodes > 1 else None,
        unplaced=wanted if servers and not seats else 0,
    )


def _link(group: HardwareGroup) -> MappedLink | None:
    if group.intra_node_link is None:
        return None
    return MappedLink(
        name=group.intra_node_link, bytes_per_s_one_way=group.link_bytes_per_s_one_way
    )


def _network(group: HardwareGroup) -> MappedLink | None:
    if group.fabric is None:
        return None
    ports, rate = group.nics_per_node, group.nic_bytes_per_s_one_way
    return MappedLink(
        name=f"{ports} x {group.fabric}" if ports else group.fabric,
        bytes_per_s_one_way=ports * rate if ports and rate else None,
    )


def _domain(group: HardwareGroup, node: int, gpu: int) -> int:
    """Which scale-up domain a GPU is in: some span hosts, some are a part of one."""
    reach, here = group.scale_up_domain, group.gpus_per_node
    if reach >= here:
        return node // max(reach // here, 1)
    return node * -(-here // reach) + gpu // reach


def _seats(
    group: HardwareGroup, sizes: Sizes, servers: int
) -> tuple[int, dict[tuple[int, int], Seat]]:
    """GPUs of one server, and the seat of each host's GPU that one takes."""
    tp, pp = sizes.tensor_parallel_size, sizes.pipeline_parallel_size
    layouts = Layouts.one(
        tp,
        pp,
        sizes.data_parallel_size,
        sizes.decode_context_parallel_size,
        ep=sizes.expert_parallel,
    )
    placement = Placement(
        layouts=layouts,
        nodes=group.nodes,
        gpus_per_node=group.gpus_per_node,
        scale_up_domain=max(group.scale_up_domain, group.gpus_per_node),
    )
    wanted, hosts = int(layouts.gpus[0]), int(placement.hosts[0])
    if hosts > group.nodes:
        return wanted, {}
    local = int(placement.local_ranks[0])
    beside = group.gpus_per_node // local
    seats = {}
    for server in range(min(servers, group.nodes // hosts * beside)):
        first, place = server // beside * hosts, server % beside * local
        for rank in range(wanted):
            seats[first + rank // local, place + rank % local] = Seat(
                server=server,
                rank=rank,
                replica=rank // (tp * pp),
                stage=rank // tp % pp,
                slice=rank % tp,
            )
    return wanted, seats
