"""What kernels reach, fitted to measured operations of some boards.

Each operation takes its launch, the reading of its bytes and its arithmetic: the longer of the two
for linear layers, their sum for grouped products of experts. What brings activations into a format,
or moves them between tokens and experts, is apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.case.rates import QUANTIZATIONS, QUANTIZED_BYTES, VALUE_BYTES
from planner.hardware.catalog import Catalog
from scripts.speed.least_squares import fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.hardware.accelerator import Accelerator
    from planner.units import Floats
    from scripts.speed.operations import Point

#: bytes of a weight with its scales, and the rate that bounds it, by format
BYTES = {"bf16": 2, "fp8": 1, "fp8_block": 1, "nvfp4": 0.5625, "int4": 0.53, "mxfp4": 0.53}
PEAKS = {"bf16": "bf16", "fp8": "fp8", "fp8_block": "fp8", "nvfp4": "fp4"}
START = {"gemm": (5e-6, 0.6, 0.8, 0.5), "experts": (40e-6, 0.4, 0.95, 0.5)}
WIDE = np.array([1.0, 0.5, 0.15, 1.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Figures of one kernel, and how far they are off."""

    figures: tuple[float, ...]
    points: int
    error: float


def rate(board: Accelerator, peak: str) -> float:
    """Dense operations a second."""
    rates = board.dense_flops
    return rates.get(peak) or rates["bf16"]


def fitted(seconds: Floats, model: Callable[[Floats], Floats], start: tuple[float, ...]) -> Fitted:
    """Fit ``model``, which takes Float64[sets, figures] and gives Float64[sets, points]."""
    begin = np.log(np.array(start))
    at = fit(lambda x: np.log(model(np.exp(x)) / seconds), begin, WIDE[: len(start)], data_weight=5)
    figures = np.exp(at)
    errors = np.abs(model(figures[None, :])[0] / seconds - 1)
    return Fitted(figures=tuple(figures), points=len(seconds), error=float(errors.mean()))


def _columns(points: list[Point]) -> Floats:
    return np.array([point.shape for point in points]).T


def gemm(points: list[Point], boards: dict[str, Accelerator], form: str) -> Fitted:
    """Launch, share of the peak and of the bandwidth; fp8_block's launches are the host's.

    In 8 and 4 bits the input was brought into the format beside each product, at a share of the
    bandwidth of its own.
    """
    m, n, k = _columns(points)
    size = BYTES[form]
    peak = np.array([rate(boards[p.board], PEAKS.get(form, "bf16")) for p in points])
    width = np.array([boards[p.board].hbm_bytes_per_s for p in points])
    flops = 2 * m * n * k / peak
    moved = (size * n * k + 2 * m * (n + k)) / width

    def product(x: Floats) -> Floats:
        return np.asarray(x[:, :1] + np.maximum(flops / x[:, 1:2], moved / x[:, 2:3]))

    def model(x: Floats) -> Floats:
        return np.asarray(product(x) + QUANTIZED_BYTES * m * k / width / x[:, 3:4])

    seconds = np.array([p.seconds for p in points])
    if form in QUANTIZATIONS:
        return fitted(seconds, model, START["gemm"])
    return fitted(seconds, product, START["gemm"][:3])


def experts(points: list[Point], boards: dict[str, Accelerator], form: str) -> Fitted:
    """Launch, share of the peak and of the bandwidth, and of it where activations are moved.

    Each product of a token and an expert reads its input and writes its output; all ranks sort
    and sum up the tokens of all experts.
    """
    tokens, hidden, inner, k, total, ways, ranks = _columns(points)
    size = BYTES[form]
    peak = np.array([rate(boards[p.board], PEAKS.get(form, "bf16")) for p in points])
    width = np.array([boards[p.board].hbm_bytes_per_s for p in points])
    weights = 3 * hidden * inner / ways
    visited = total / ranks * -np.expm1(tokens * np.log1p(-k / total))
    flops = 2 * tokens * k / ranks * weights / peak
    moved = size * visited * weights / width
    passed = VALUE_BYTES * tokens * k * (2 * hidden + 3 * inner / ways / ranks) / width

    def model(x: Floats) -> Floats:
        read = moved / x[:, 2:3] + passed / x[:, 3:4]
        return np.asarray(x[:, :1] + flops / x[:, 1:2] + read)

    return fitted(np.array([p.seconds for p in points]), model, START["experts"])


def decode(points: list[Point], boards: dict[str, Accelerator], form: str) -> Fitted:
    """Launch, and share of the bandwidth."""
    batch, context, _, heads, width_ = _columns(points)
    moved = batch * context * 2 * heads * width_ * (1 if form == "fp8" else 2)
    moved = moved / np.array([boards[p.board].hbm_bytes_per_s for p in points])

    def model(x: Floats) -> Floats:
        return np.asarray(x[:, :1] + moved / x[:, 1:2])

    return fitted(np.array([p.seconds for p in points]), model, (12e-6, 0.8))


def prefill(points: list[Point], boards: dict[str, Accelerator], form: str) -> Fitted:
    """Launch, and share of the 16-bit peak, beside reading and writing once."""
    del form
    batch, length, heads, kv_heads, width_ = _columns(points)
    peak = np.array([rate(boards[p.board], "bf16") for p in points])
    wide = np.array([boards[p.board].hbm_bytes_per_s for p in points])
    flops = 2 * batch * length**2 * heads * width_ / peak
    moved = batch * length * 4 * (heads + kv_heads) * width_ / wide

    def model(x: Floats) -> Floats:
        return np.asarray(x[:, :1] + flops / x[:, 1:2] + moved / x[:, 2:3])

    return fitted(np.array([p.seconds for p in points]), model, (15e-6, 0.6, 0.5))


FITS = {"gemm": gemm, "experts": experts, "decode": decode, "prefill": prefill}


def fits(points: list[Point], names: tuple[str, ...]) -> dict[tuple[str, str], Fitted]:
    """Every operation and format of some boards."""
    boards = {name: Catalog.default().accelerator(name) for name in names}
    here = [p for p in points if p.board in boards]
    keys = dict.fromkeys((p.operation, p.format) for p in here)
    found = {}
    for operation, form in keys:
        some = [p for p in here if (p.operation, p.format) == (operation, form)]
        found[operation, form] = FITS[operation](some, boards, form)
    return found
