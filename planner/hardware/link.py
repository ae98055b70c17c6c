"""Links inside a node and between CPU sockets: generations and what NCCL gets out of them."""

from __future__ import annotations

from planner.frozen import frozen
from planner.hardware.accelerator import Source  # noqa: TC001, the file reader resolves annotations at run time


@frozen
class Link:
    """A generation of links inside a node."""

    id: str
    """Stable key, equal to the file's name: ``nvlink4``, ``pcie5x16`` …"""
    name: str
    """Plain name."""
    used_by: str = ""
    """Chips that carry it."""
    bytes_per_s_per_link_one_way: float
    """Raw rate of one link, one direction."""
    max_links: int = 1
    """Links of one accelerator."""
    nccl_bytes_per_s_per_link: float | None = None
    """What NCCL counts with."""
    nccl_efficiency: float | None = None
    """That, as a share of the raw rate, rounded."""
    nvml_versions: tuple[int, ...] = ()
    """Values of nvmlDeviceGetNvLinkVersion that mean this link."""
    sources: tuple[Source, ...]
    """Where the figures come from."""
    notes: str = ""
    """What a reader must know."""


@frozen
class CpuLink:
    """What GPU traffic between CPU sockets crosses."""

    id: str
    """Stable key, equal to the file's name."""
    name: str
    """Plain name."""
    nccl_bytes_per_s: float
    """What NCCL counts with."""
    sources: tuple[Source, ...]
    """Where the figure comes from."""
    notes: str = ""
    """What a reader must know."""
