"""How near kernels come to what a board can do: measured efficiencies, one file an architecture."""

from __future__ import annotations

from datetime import date  # noqa: TC003, the file reader resolves annotations at run time

from planner.frozen import frozen


@frozen
class _Kernel:
    points: int = 0
    """Measurements it rests on; 0: carried over from another format or board."""
    error: float | None = None
    """Mean error of the fit on those points."""


@frozen
class MatrixKernel(_Kernel):
    """Matrix products in one weight format."""

    format: str
    """Family of kernels, as ``quant/`` names it: bf16, fp8, fp8_block, nvfp4, int4 …"""
    peak: str
    """Whose dense rate of the board bounds it: bf16, fp8, fp4, int8."""
    floor_s: float
    """What a small product takes under CUDA graphs: preparing its input, or routing, included."""
    efficiency: float
    """Share of that rate that large products reach."""
    stream: float
    """Share of the memory's bandwidth at which weights are read, of experts those that are hit."""


@frozen
class GemmKernel(MatrixKernel):
    """Matrix products of linear layers in one weight format."""

    quantize_stream: float | None = None
    """Share of that bandwidth at which an input is brought into the format; None: it stays."""


@frozen
class ExpertsKernel(MatrixKernel):
    """Grouped products of routed experts in one weight format."""

    pair_stream: float | None = None
    """Share of it at which what goes in and out of the products is moved, a token and expert."""


@frozen
class AttentionKernel(_Kernel):
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
