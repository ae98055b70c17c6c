"""From the driver's plain answer to a cluster of one node: no driver is asked here."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import UnknownNameError
from planner.hardware import lookup, topology
from planner.hardware.accelerator import Accelerator
from planner.hardware.group import Cluster, NodeGroup, NodeLink
from planner.hardware.names import name_key
from planner.units import MIB, gib_text

if TYPE_CHECKING:
    from planner.hardware.catalog import Catalog
    from planner.hardware.nvml import NvmlAnswer, NvmlGpu

#: boards of one name differ by ECC and driver by less than this; more is another board
_SAME_BOARD = 0.08
#: less than this is the driver's own and a display's
_WORTH_TELLING = 64 * MIB


def cluster_of(answer: NvmlAnswer, catalog: Catalog) -> Cluster:
    """One node, with a group for each kind of GPU in it.

    Memory is what the runtime will report: the driver's total less what it reserves; where an old
    driver does not say, the catalogue's low end.
    """
    boards = [_board(gpu, catalog) for gpu in answer.gpus]
    kinds = list(dict.fromkeys(boards))
    notes: list[str] = [f"GPUs of this machine, as driver {answer.driver} reports them"]
    if len(kinds) > 1:
        counts = Counter(board.id for board in boards)
        notes.append("unlike GPUs here: " + ", ".join(f"{n}x{i}" for i, n in counts.items()))
    groups = []
    for kind in kinds:
        members = [i for i, board in enumerate(boards) if board == kind]
        gpus = [answer.gpus[i] for i in members]
        groups.append(_group(kind, gpus, _domain(answer, members), catalog))
        if kind.origin == "nvml":
            notes.append(f"{kind.name} is not in the hardware data: rates are not known")
        notes += _about_taken(kind, gpus, groups[-1].taken_bytes)
    return Cluster(groups=tuple(groups), assumptions=tuple(notes))


def _about_taken(board: Accelerator, gpus: list[NvmlGpu], taken_bytes: int) -> list[str]:
    """What the fullest GPU's use by others means for the rest."""
    if taken_bytes < _WORTH_TELLING:
        return []
    note = f"{gib_text(taken_bytes, 2)} of {board.id} is in use now and taken to stay"
    several = "; the fullest counts for all, CUDA_VISIBLE_DEVICES leaves one out"
    return [note + several if len(gpus) > 1 else note]


def _group(board: Accelerator, gpus: list[NvmlGpu], domain: int, catalog: Catalog) -> NodeGroup:
    if board.mig_profile:
        link = None
    else:
        link = _nvlink(gpus, domain, catalog) if domain > 1 else _slot(board, gpus)
    return NodeGroup(
        accelerator=board,
        nodes=1,
        gpus_per_node=len(gpus),
        scale_up_domain=domain,
        intra_node_link=link,
        taken_bytes=max(_taken(gpu, board) for gpu in gpus),
    )


def _taken(gpu: NvmlGpu, board: Accelerator) -> int:
    """In use by others: an old driver counts what it keeps itself as used, too."""
    if gpu.reserved_bytes is not None:
        return gpu.used_bytes
    return max(gpu.used_bytes - ((gpu.total_bytes or 0) - board.memory_bytes), 0)


def _board(gpu: NvmlGpu, catalog: Catalog) -> Accelerator:
    """The catalogue's board of that name with this machine's memory, or one made of NVML alone."""
    try:
        known = lookup.find(catalog, gpu.name).accelerator
    except UnknownNameError:
        return _unknown_board(gpu)
    if gpu.total_bytes is None:
        return known
    same = abs(gpu.total_bytes - known.memory_bytes_low) <= _SAME_BOARD * gpu.total_bytes
    if gpu.reserved_bytes is not None:
        total = gpu.total_bytes - gpu.reserved_bytes
    elif same:
        total = min(gpu.total_bytes, known.memory_bytes_low)
    else:
        total = gpu.total_bytes
    return replace(
        known,
        memory_bytes_low=total,
        memory_bytes_high=total,
        memory_evidence="runtime" if gpu.reserved_bytes is not None else known.memory_evidence,
    )


def _unknown_board(gpu: NvmlGpu) -> Accelerator:
    return Accelerator(
        id=name_key(gpu.name) or "unknown",
        name=gpu.name,
        vendor="nvidia",
        platform="cuda",
        compute_capability=gpu.compute_capability,
        memory_bytes_low=(gpu.total_bytes or 0) - (gpu.reserved_bytes or 0),
        memory_evidence="runtime" if gpu.reserved_bytes is not None else "driver",
        nvml_names=(gpu.name,),
        tdp_watts=gpu.power_limit_watts,
        confidence="low",
        mig_profile=gpu.name.partition(" MIG ")[2],
        origin="nvml",
    )


def _domain(answer: NvmlAnswer, members: list[int]) -> int:
    """GPUs joined by NVLink: all on the switches, else the smallest set of directly linked ones."""
    gpus = answer.gpus
    if all(any(link.to_switch for link in gpus[i].links) for i in members):
        return len(members)
    return min(len(_joined(i, gpus, members)) for i in members)


def _joined(start: int, gpus: tuple[NvmlGpu, ...], members: list[int]) -> set[int]:
    """Everything that can be reached over links among the members."""
    seen = {start}
    waiting = [start]
    while waiting:
        for link in gpus[waiting.pop()].links:
            if link.to_gpu in members and link.to_gpu not in seen:
                seen.add(link.to_gpu)
                waiting.append(link.to_gpu)
    return seen


def _nvlink(gpus: list[NvmlGpu], domain: int, catalog: Catalog) -> NodeLink:
    """The NVLinks of the GPU that has fewest."""
    weakest = min(gpus, key=lambda gpu: sum(link.count for link in gpu.links))
    version = weakest.links[0].version
    per_link = None
    kind = "nvlink"
    for link_id in catalog.ids("fabrics/links"):
        link = catalog.link(link_id)
        if link is not None and version in link.nvml_versions:
            kind, per_link = link.id, link.bytes_per_s_per_link_one_way
    total = sum(link.count for link in weakest.links)
    on_switch = any(link.to_switch for link in weakest.links)
    most = total if on_switch else max(link.count for link in weakest.links)
    pairs = "pairs" if domain == 2 else "mesh"  # noqa: PLR2004, two cards and a bridge
    return NodeLink(
        kind=kind,
        topology="switch" if on_switch else pairs,
        bytes_per_s_one_way=None if per_link is None else per_link * total,
        peer_bytes_per_s_one_way=None if per_link is None else per_link * most,
        p2p=all(gpu.p2p is not False for gpu in gpus),
    )


def _slot(board: Accelerator, gpus: list[NvmlGpu]) -> NodeLink | None:
    """The slot as this machine has it: fewer lanes or an older generation show here."""
    p2p = None if any(g.p2p is None for g in gpus) else all(g.p2p for g in gpus)
    link = topology.pcie_link(board, p2p=p2p)
    generation = min((g.pcie_generation or 0 for g in gpus), default=0)
    lanes = min((g.pcie_lanes or 0 for g in gpus), default=0)
    if link is None or not generation or not lanes or board.pcie is None:
        return link
    share = lanes / board.pcie.lanes * 2.0 ** (generation - board.pcie.generation)
    rate = board.pcie.bytes_per_s_one_way * share
    return replace(
        link,
        kind=f"pcie{generation}x{lanes}",
        bytes_per_s_one_way=rate,
        peer_bytes_per_s_one_way=rate,
    )
