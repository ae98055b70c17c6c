"""How near kernels come to what a board can do: measured efficiencies, one file an architecture."""

from __future__ import annotations

from datetime import date  # noqa: TC003, the file reader resolves annotations at run time

from planner.frozen import frozen


@frozen
class GemmKernel:
    """Matrix products of linear layers in one weight format."""

    format: str
    """Family of kernels, as ``quant/`` names it: bf16, fp8, fp8_block, nvfp4, int4 …"""
    peak: str
    """Whose dense rate of the board bounds it: bf16, fp8, fp4, int8."""
    floor_s: float
    """What a small product takes under CUDA graphs, preparing its input included."""
    efficiency: float
    """Share of that rate that large products reach."""
    stream: float
    """Share of the memory's bandwidth at which weights are read."""
    quantize_stream: float | None = None
    """Share of that bandwidth at which an input is brought into the format; None: it stays."""
    points: int = 0
    """Measured products it rests on; 0: carried over from another format or board."""
    error: float | None = None
    """Mean error of the fit on those points."""


@frozen
class ExpertsKernel:
    """Grouped products of routed experts in one weight format."""

    format: str
    """As for linear layers."""
    peak: str
    """As for linear layers."""
    floor_s: float
    """Routing, sorting and launches of one layer."""
    efficiency: float
    """Share of the peak that large groups reach."""
    stream: float
    """Share of the memory's bandwidth at which the experts that were hit are read."""
    pair_stream: float | None = None
    """Share of it at which what goes in and out of the products is moved, a token and expert."""
    points: int = 0
    """As for linear layers."""
    error: float | None = None
    """As for linear layers."""


@frozen
class AttentionKernel:
    """Attention over a cache in one number format."""

    format: str
    """bf16, or fp8."""
    decode_floor_s: float
    """What a decode step's kernel takes at least."""
    stream: float
    """Share of the memory's bandwidth at which the cache is read."""
    prefill_floor_s: float
    """What a prompt's kernel takes at least."""
    efficiency: float
    """Share of the 16-bit rate that prompts reach."""
    prefill_stream: float
    """Share of the memory's bandwidth at which a prompt's queries, keys and values are moved."""
    points: int = 0
    """As for linear layers."""
    error: float | None = None
    """As for linear layers."""


@frozen
class Kernels:
    """The kernels of one architecture."""

    id: str
    """The chip generation, equal to the file's name; ``other`` is for those without a file."""
    measured_on: tuple[str, ...] = ()
    """Boards whose kernels were measured."""
    served: tuple[str, ...] = ()
    """Servers that were measured end to end: board, linear or experts, and format, by blanks."""
    gemm: tuple[GemmKernel, ...]
    """Linear layers by weight format."""
    experts: tuple[ExpertsKernel, ...]
    """Routed experts by weight format."""
    attention: tuple[AttentionKernel, ...]
    """Attention by the cache's format."""
    source: str
    """Where the points were read."""
    accessed: date
    """Day on which they were read."""
    note: str = ""
    """What a reader must know."""
