"""Node types: servers, cloud machines and racks."""

# annotations are types here, not texts: the file reader asks for them at every start
# ruff: noqa: I002

from typing import Literal

from planner.frozen import frozen
from planner.hardware.accelerator import AliasNote, Confidence, Source


@frozen
class Nic:
    """Network ports of one kind in a node."""

    count: int
    """Ports."""
    fabric: str
    """An id of ``fabrics/``: how the port behaves; its rate is given here."""
    bytes_per_s_one_way: float
    """Rate of one port, one direction."""
    gpudirect: Literal["rdma", "tcpx", "tcpxo"] | None = None
    """How GPU memory is reached; None: through the host."""
    note: str = ""
    """What was simplified."""


@frozen
class NodeType:
    """A server, a cloud machine, or a rack of like hosts."""

    id: str
    """Stable key, equal to the file's name; a cloud's own name where it has one."""
    name: str
    """Product name."""
    provider: str
    """Who sells it; the folder's name."""
    accelerator: str
    """An accelerator's id."""
    gpus_per_node: int
    """Devices that one host sees."""
    nodes_per_rack: int = 1
    """Hosts that this name stands for: 18 for an NVL72 rack."""
    scale_up_domain: int
    """Devices joined by NVLink, NVSwitch or the like; 1: PCIe only."""
    topology: Literal[
        "single", "pcie", "switch", "rack", "mesh", "hybrid-mesh", "pairs", "quads", "torus", "ring"
    ]
    """How the links are laid."""
    peer_bytes_per_s_one_way: float | None = None
    """Rate between two accelerators, where the board's own topology does not say."""
    p2p: bool | None = None
    """GPU to GPU copies; None: not known."""
    nics: tuple[Nic, ...] = ()
    """Network ports, the GPUs' own network first."""
    numa: str = ""
    """Sockets and how the GPUs hang on them."""
    host_memory_bytes: int | None = None
    """Memory of the host."""
    aliases: tuple[str, ...] = ()
    """Other names people type."""
    alias_notes: tuple[AliasNote, ...] = ()
    """Names that are only a default."""
    status: Literal["shipping", "sampling", "announced"] = "shipping"
    """Whether it can be had."""
    confidence: Confidence = "medium"
    """How well the figures are founded."""
    sources: tuple[Source, ...] = ()
    """Where the figures come from."""
    notes: str = ""
    """What a reader must know."""
