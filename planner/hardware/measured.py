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


@frozen
class Kernels:
    """What a family of boards achieves of its rates, and what its steps cost besides.

    ``general`` holds for every board; a family's own file goes before it.
    """

    id: str
    """Family, equal to the file's name: general, hopper, blackwell …"""
    name: str
    """The boards, in words."""
    measured_on: date
    """Day of the fit."""
    points: int = 0
    """Runs that the errors rest on; 0: none."""
    notes: str = ""
    """What a reader must know."""
    constants: dict[str, float]
    """Shares of a rate, seconds (``_s``) and bytes a second, by the names of planner/speed."""
    errors: dict[str, tuple[float, float]]
    """10th and 90th percentile of measured over predicted, by figure."""
    sources: tuple[Source, ...]
    """Where they come from."""
