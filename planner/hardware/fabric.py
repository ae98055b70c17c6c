"""Networks between nodes."""

# annotations are types here, not texts: the file reader asks for them at every start
# ruff: noqa: I002

from planner.frozen import frozen
from planner.hardware.accelerator import Confidence, Source


@frozen
class Fabric:
    """A network between nodes: one port of it."""

    id: str
    """Stable key, equal to the file's name: ``ib-hdr``, ``roce-400``, ``eth-25`` …"""
    name: str
    """Plain name."""
    family: str
    """infiniband, roce, ethernet, efa, gpudirect-tcpx, gpudirect-tcpxo, slingshot, nvlink."""
    bytes_per_s_one_way: float
    """Line rate of one port, one direction."""
    achievable_fraction: float | None = None
    """Share of the line rate that collectives reach; None where nobody measured."""
    latency_s_one_way: float | None = None
    """Typical one-way latency."""
    rdma: bool
    """True when the network writes GPU memory without the CPU."""
    aliases: tuple[str, ...] = ()
    """Other names people type."""
    confidence: Confidence
    """How well the figures are founded."""
    sources: tuple[Source, ...]
    """Where the figures come from."""
    notes: str = ""
    """What a reader must know."""
