"""A user's own cluster as a TOML file: groups in the ``--gpus`` grammar, with what was measured."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError, PlannerError
from planner.frozen import frozen
from planner.hardware.catalog import read_toml
from planner.hardware.grammar import parse_group
from planner.hardware.group import Cluster
from planner.hardware.record import read_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planner.hardware.catalog import Catalog
    from planner.hardware.group import NodeGroup

#: host names, addresses and interface names: nothing a shell could take for more
_PLAIN = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.:,=^-]*$")


@frozen
class GroupEntry:
    """One ``[[group]]``: ``gpus`` says what it is, the rest overrides what the data says."""

    gpus: str
    """As on the command line: ``2x8xa100-40gb@ib-hdr``, ``2xp4d.24xlarge`` …"""
    memory_bytes: int | None = None
    """Memory total of one GPU, as torch.cuda.mem_get_info prints it."""
    taken_bytes: int = 0
    """GPU memory already in use, on the worst GPU."""
    scale_up_domain: int | None = None
    """GPUs joined by NVLink, NVSwitch or the like."""
    link_bytes_per_s_one_way: float | None = None
    """Rate of all links of one GPU, one direction."""
    peer_bytes_per_s_one_way: float | None = None
    """Rate between two joined GPUs, one direction."""
    p2p: bool | None = None
    """Whether one GPU reads another's memory."""
    nics_per_node: int | None = None
    """Network ports of a node."""
    nic_bytes_per_s_one_way: float | None = None
    """Rate of one port, one direction."""
    host_memory_bytes: int | None = None
    """Memory of a host."""
    hosts: tuple[str, ...] = ()
    """Host names or addresses to log in to, the head first."""
    addresses: tuple[str, ...] = ()
    """IP addresses on the network between the nodes, in the same order; else those of ``hosts``."""
    network_interface: str | None = None
    """Interface for NCCL and GLOO sockets."""
    ib_hca: str | None = None
    """InfiniBand adapters for NCCL."""
    usd_per_gpu_hour: float | None = None
    """What a GPU costs you, US dollars an hour."""


@frozen
class ClusterFile:
    """The whole file."""

    name: str = ""
    """What people call the cluster."""
    group: tuple[GroupEntry, ...]
    """Groups of like nodes."""


def read_cluster_file(path: Path, catalog: Catalog) -> Cluster:
    """A cluster from its file.

    Raises:
        InvalidInputError: unreadable, unknown keys, wrong types, contradictions.
        PlannerError: as ``parse_group``, with the file named.
    """
    entries = read_record(ClusterFile, read_toml(path), str(path)).group
    if not entries:
        raise InvalidInputError(
            f"{path} has no [[group]]", fix='add [[group]] and gpus = "2x8xA100"'
        )
    groups, notes = zip(*_groups(path, entries, catalog), strict=True)
    flat = (note for group_notes in notes for note in group_notes)
    return Cluster(groups=groups, assumptions=tuple(dict.fromkeys(flat)))


def _groups(
    path: Path, entries: tuple[GroupEntry, ...], catalog: Catalog
) -> Iterator[tuple[NodeGroup, tuple[str, ...]]]:
    for number, entry in enumerate(entries, start=1):
        where = f"{path}, group {number}"
        try:
            parsed = parse_group(entry.gpus, catalog)
        except PlannerError as error:
            error.message = f"{where}: {error.message}"
            error.args = (error.message,)
            raise
        _check(entry, parsed.group, where)
        moot = entry.memory_bytes is not None
        memory_notes = () if moot else parsed.memory_assumptions
        yield _overridden(entry, parsed.group), (*parsed.assumptions, *memory_notes)


def _check(entry: GroupEntry, group: NodeGroup, where: str) -> None:
    """Contradictions between the text and what overrides it."""
    if entry.hosts and len(entry.hosts) != group.nodes:
        message = f"{where}: {len(entry.hosts)} hosts for {group.nodes} nodes"
        raise InvalidInputError(message, fix="name every host once, the head first")
    if entry.addresses and len(entry.addresses) != group.nodes:
        message = f"{where}: {len(entry.addresses)} addresses for {group.nodes} nodes"
        raise InvalidInputError(message, fix="one for every node, the head first")
    if wrong := [text for text in entry.addresses if not _is_address(text)]:
        message = f"{where}: {wrong[0][:60]!r} is no IP address"
        raise InvalidInputError(message, fix='addresses = ["10.0.0.1", …]; names go into hosts')
    for text in (*entry.hosts, entry.network_interface, entry.ib_hca):
        if text is not None and not _PLAIN.match(text):
            message = f"{where}: {text[:60]!r} is no host, address or interface"
            raise InvalidInputError(message, fix="letters, digits and . : - _ only")
    domain = entry.scale_up_domain
    if domain is not None and not 1 <= domain <= group.gpus:
        message = f"{where}: scale_up_domain is {domain}, the group has {group.gpus} GPUs"
        raise InvalidInputError(message, fix=f"give a number from 1 to {group.gpus}")
    sizes = (entry.memory_bytes, entry.nics_per_node, entry.host_memory_bytes)
    if 0 in (*sizes, entry.usd_per_gpu_hour):
        raise InvalidInputError(
            f"{where}: a size or a price of 0", fix="leave out what is not known"
        )
    if entry.nics_per_node and group.fabric is None:
        fix = f'name the network: gpus = "{group.text}@ib-hdr"'
        raise InvalidInputError(f"{where}: nics_per_node without a network", fix=fix)


def _addresses(entry: GroupEntry) -> tuple[str, ...]:
    """Those given; else the hosts, where they are addresses themselves."""
    if entry.addresses or not all(map(_is_address, entry.hosts)):
        return entry.addresses
    return entry.hosts


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(text))
    return False


def _overridden(entry: GroupEntry, group: NodeGroup) -> NodeGroup:
    given: dict[str, Any] = {
        "scale_up_domain": entry.scale_up_domain,
        "nics_per_node": entry.nics_per_node,
        "nic_bytes_per_s_one_way": entry.nic_bytes_per_s_one_way,
        "host_memory_bytes": entry.host_memory_bytes,
        "hosts": entry.hosts or None,
        "addresses": _addresses(entry) or None,
        "network_interface": entry.network_interface,
        "ib_hca": entry.ib_hca,
        "usd_per_gpu_hour": entry.usd_per_gpu_hour,
        "taken_bytes": entry.taken_bytes or None,
    }
    board = group.accelerator
    if entry.memory_bytes is not None:
        size = entry.memory_bytes
        board = replace(
            board, memory_bytes_low=size, memory_bytes_high=size, memory_evidence="runtime"
        )
    link = group.intra_node_link
    if link is not None:
        link = replace(
            link,
            bytes_per_s_one_way=entry.link_bytes_per_s_one_way or link.bytes_per_s_one_way,
            peer_bytes_per_s_one_way=entry.peer_bytes_per_s_one_way
            or entry.link_bytes_per_s_one_way
            or link.peer_bytes_per_s_one_way,
            p2p=link.p2p if entry.p2p is None else entry.p2p,
        )
    return replace(
        group,
        accelerator=board,
        intra_node_link=link,
        **{key: value for key, value in given.items() if value is not None},
    )
