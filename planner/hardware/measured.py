"""Measured collectives and dated prices, as the data files hold them."""

from __future__ import annotations

from datetime import date  # noqa: TC003, the file reader resolves annotations at run time

from planner.frozen import frozen
from planner.hardware.accelerator import Source  # noqa: TC001, the file reader resolves annotations at run time


@frozen
class CollectivePoint:
    """One collective at one size.

    ``bus_bytes_per_s`` is nccl-tests' busbw, which NVLS can lift above the wire.
    """

    operation: str
    """all_reduce, all_gather …"""
    platform: str
    """Host and network, in words."""
    library: str = ""
    """NCCL or another library with its version, where stated."""
    gpus: int
    """Ranks."""
    nodes: int
    """Hosts."""
    message_bytes: int | None = None
    """Message of the bandwidth figure."""
    bus_bytes_per_s: float | None = None
    """Bus bandwidth."""
    small_message_bytes: int | None = None
    """Message of the time figure."""
    small_message_s: float | None = None
    """Time of the small message."""
    source: str
    """Where it was read."""
    accessed: date
    """Day on which it was read."""
    note: str = ""
    """What makes it special."""


@frozen
class CollectiveCurve:
    """Time of a collective over message sizes."""

    operation: str
    """all_reduce, send_recv …"""
    runner: str
    """Who ran it: vLLM with version and mode, or plain NCCL."""
    gpus: int
    """Ranks."""
    nodes: int
    """Hosts."""
    message_bytes: tuple[int, ...]
    """Message sizes."""
    seconds: tuple[float, ...]
    """Time at each size."""
    source: str
    """Where it was read."""
    accessed: date
    """Day on which it was read."""
    note: str = ""
    """What makes it special."""


@frozen
class Collectives:
    """What was measured on one accelerator."""

    id: str
    """The accelerator's id, equal to the file's name."""
    points: tuple[CollectivePoint, ...] = ()
    """Single sizes."""
    curves: tuple[CollectiveCurve, ...] = ()
    """Whole curves."""


@frozen
class NcclLatency:
    """NCCL's own latency constants: seconds a hop by algorithm and protocol."""

    id: str
    """Equal to the file's name."""
    base_s: dict[str, float]
    """Start of a collective."""
    nvlink_s: dict[str, float]
    """A hop over NVLink."""
    pci_s: dict[str, float]
    """A hop over PCIe."""
    net_s: dict[str, float]
    """A hop between nodes."""
    sources: tuple[Source, ...]
    """Where the figures come from."""
    notes: str = ""
    """How to use them."""


@frozen
class LinkLatency:
    """An all-reduce over one kind of link, where none was measured on the very board.

    Over 2 ranks it takes ``pair_s`` and ``share`` of the link's rate; each doubling of the ranks
    multiplies both.
    """

    topology: str
    """pcie, switch, rack, mesh, pairs …; ``network`` between hosts, ``hop`` from rank to rank."""
    pair_s: float
    """Of a small message over two ranks."""
    latency_of_twice: float = 1.0
    """Factor on it for twice the ranks."""
    share: float = 1.0
    """Bus bandwidth over the link's rate, for large messages over two ranks."""
    share_of_twice: float = 1.0
    """Factor on it for twice the ranks."""
    rate: float
    """Bytes a second, one way, of a link whose rate is not known."""
    source: str
    """What it was read off."""
    accessed: date
    """Day on which it was."""


@frozen
class LinkLatencies:
    """What links reach in general."""

    id: str
    """Equal to the file's name."""
    links: tuple[LinkLatency, ...]
    """By topology."""


@frozen
class PriceList:
    """One provider's prices on one day; never mixed with the specification."""

    id: str
    """Provider and day, equal to the file's name."""
    provider: str
    """Who sells."""
    region: str
    """Where."""
    kind: str
    """on_demand, reserved, spot …"""
    priced_on: date
    """Day of the prices."""
    usd_per_hour: dict[str, float]
    """Price of a whole node by the node type's id."""
    sources: tuple[Source, ...]
    """Where the prices come from."""
