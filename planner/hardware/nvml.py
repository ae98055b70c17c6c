"""What the NVIDIA driver says about this machine, as plain data: no serials, no UUIDs."""

from __future__ import annotations

from planner.frozen import frozen


@frozen
class NvmlLinks:
    """NVLinks of one GPU that are up and lead to the same kind of place."""

    count: int
    """Links."""
    version: int
    """nvmlDeviceGetNvLinkVersion."""
    to_switch: bool
    """True when they end at an NVSwitch."""
    to_gpu: int | None = None
    """Index of the GPU at their end; None at a switch, or when it is not among those listed."""


@frozen
class NvmlGpu:
    """One GPU, or one MIG slice of a GPU."""

    name: str
    """Product name; a slice's ends in ``MIG 1g.10gb``."""
    total_bytes: int | None = None
    """Driver's total; None where it has none (memory shared with the host)."""
    reserved_bytes: int | None = None
    """What the driver keeps of it; the runtime's total is the difference. None: old driver."""
    used_bytes: int = 0
    """In use, without what is reserved."""
    compute_capability: tuple[int, int] | None = None
    """CUDA compute capability."""
    pcie_generation: int | None = None
    """Most the slot and the GPU can do."""
    pcie_lanes: int | None = None
    """Most the slot and the GPU can do."""
    power_limit_watts: float | None = None
    """Power limit."""
    links: tuple[NvmlLinks, ...] = ()
    """NVLinks that are up."""
    p2p: bool | None = None
    """Whether it can read the memory of every other GPU here; None: alone or not told."""


@frozen
class NvmlAnswer:
    """One machine."""

    driver: str
    """Driver version."""
    cuda: int | None = None
    """Highest CUDA version of the driver, 13000 for 13.0."""
    gpus: tuple[NvmlGpu, ...]
    """GPUs in the driver's order, those hidden by CUDA_VISIBLE_DEVICES left out."""
