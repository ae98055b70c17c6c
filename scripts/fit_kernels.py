"""Fit what kernels reach to measured operations, and write hardware_db/kernels.

Each operation takes its launch, the reading of its bytes and its arithmetic: the longer of the two
for linear layers, their sum for grouped products of experts. Prints each fit with its error.

Usage: ``python -m scripts.fit_kernels [--check]``.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.case.speed_basis import kinds_of_kernels
from planner.hardware.catalog import Catalog
from scripts.least_squares import fit
from scripts.speed_operations import Point, read_points
from scripts.speed_rows import cases, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.hardware.accelerator import Accelerator
    from planner.units import Floats

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "hardware_db" / "kernels"
SOURCE = "aiconfigurator-core 0.12.0 systems/data, collected points (NVIDIA, Apache-2.0)"
ACCESSED = "2026-11-22"
#: the boards that stand for a generation, by file
BOARDS = {
    "ampere": ("a100-sxm4-80gb",),
    "hopper": ("h100-sxm5-80gb", "h200-sxm5-141gb"),
    "blackwell": ("b200-sxm6-180gb", "gb200-186gb"),
    "blackwell-ultra": ("b300-sxm6-270gb",),
    "ada": ("l40s-48gb",),
    "blackwell-gb20x": ("rtx-pro-6000-bw-server-96gb",),
}
#: bytes of a weight with its scales, and the rate that bounds it, by format
BYTES = {"bf16": 2, "fp8": 1, "fp8_block": 1, "nvfp4": 0.5625, "int4": 0.53, "mxfp4": 0.53}
PEAKS = {"bf16": "bf16", "fp8": "fp8", "fp8_block": "fp8", "nvfp4": "fp4"}
START = {"gemm": (5e-6, 0.6, 0.8), "experts": (40e-6, 0.2, 0.95)}
#: a kernel that reads weights slower than this is one that vLLM would not choose: left out
LEAST_STREAM = 0.5
WIDE = np.array([1.0, 0.5, 0.15])


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
    """Launch, share of the peak and of the bandwidth; fp8_block's launches are the host's."""
    m, n, k = _columns(points)
    size = BYTES[form]
    peak = np.array([rate(boards[p.board], PEAKS.get(form, "bf16")) for p in points])
    width = np.array([boards[p.board].hbm_bytes_per_s for p in points])
    flops = 2 * m * n * k / peak
    moved = (size * n * k + 2 * m * (n + k)) / width

    def model(x: Floats) -> Floats:
        return np.asarray(x[:, :1] + np.maximum(flops / x[:, 1:2], moved / x[:, 2:3]))

    return fitted(np.array([p.seconds for p in points]), model, START["gemm"])


def experts(points: list[Point], boards: dict[str, Accelerator], form: str) -> Fitted:
    """Launch, share of the peak and of the bandwidth."""
    tokens, hidden, inner, k, total, ways, ranks = _columns(points)
    size = BYTES[form]
    peak = np.array([rate(boards[p.board], PEAKS.get(form, "bf16")) for p in points])
    width = np.array([boards[p.board].hbm_bytes_per_s for p in points])
    weights = 3 * hidden * inner / ways
    visited = total / ranks * -np.expm1(tokens * np.log1p(-k / total))
    flops = 2 * tokens * k / ranks * weights / peak
    moved = size * visited * weights / width

    def model(x: Floats) -> Floats:
        return np.asarray(x[:, :1] + flops / x[:, 1:2] + moved / x[:, 2:3])

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


def servers() -> dict[str, set[str]]:
    """What kinds of kernels ran in measured servers, by generation."""
    found: dict[str, set[str]] = {}
    for each in cases(read_rows()):
        board = each.case.group.accelerator
        kinds = kinds_of_kernels(each.case)
        found.setdefault(board.architecture, set()).update(
            f"{board.id} {kind} {form}" for kind, form in kinds
        )
    return found


def text(generation: str, found: dict[tuple[str, str], Fitted], served: dict[str, set[str]]) -> str:
    """A generation's file."""
    lines = [
        f'id = "{generation}"',
        f"measured_on = {json.dumps(BOARDS[generation])}",
        f"served = {json.dumps(sorted(served.get(generation, ())))}",
        f'source = "{SOURCE}"',
        f"accessed = {ACCESSED}",
        'note = "written by scripts/fit_kernels.py"',
    ]
    for kind in ("gemm", "experts"):
        for form in sorted({f for operation, f in found if operation == kind}):
            lines += _products(kind, form, found)
    for form in ("bf16", "fp8"):
        lines += _attention(form, found)
    return "\n".join(lines) + "\n"


def _products(kind: str, form: str, found: dict[tuple[str, str], Fitted]) -> Iterator[str]:
    one = found[kind, form]
    floor, efficiency, stream = one.figures
    if stream < LEAST_STREAM:
        return
    if (kind, form) == ("gemm", "fp8_block"):
        # these were launched one by one: the host's time, which a captured graph does not take
        floor, _, stream = found[kind, "fp8"].figures
    yield from ("", f"[[{kind}]]", f'format = "{form}"', f'peak = "{PEAKS.get(form, "bf16")}"')
    yield f"floor_s = {floor * 1e6:.2f}e-6"
    yield f"efficiency = {efficiency:.3f}"
    yield f"stream = {stream:.3f}"
    yield f"points = {one.points}"
    yield f"error = {one.error:.3f}"


def _attention(form: str, found: dict[tuple[str, str], Fitted]) -> Iterator[str]:
    if ("decode", form) not in found:
        return
    one, other = found["decode", form], found["prefill", form]
    yield from ("", "[[attention]]", f'format = "{form}"')
    yield f"decode_floor_s = {one.figures[0] * 1e6:.2f}e-6"
    yield f"stream = {min(one.figures[1], 1.0):.3f}"
    yield f"prefill_floor_s = {other.figures[0] * 1e6:.2f}e-6"
    yield f"efficiency = {other.figures[1]:.3f}"
    yield f"prefill_stream = {other.figures[2]:.3f}"
    yield f"points = {one.points + other.points}"
    yield f"error = {(one.error + other.error) / 2:.3f}"


def main() -> int:
    """Fit and write, or check that the files are what would be written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check, points, wrong = parser.parse_args().check, read_points(), 0
    served = servers()
    for generation, names in BOARDS.items():
        found = fits(points, names)
        for (operation, form), one in found.items():
            shown = ", ".join(f"{figure:.3g}" for figure in one.figures)
            off = f"{one.points:4} points, {100 * one.error:5.1f} % off"
            print(f"{generation:16} {operation:8} {form:10} {off}: {shown}")
        path, made = FOLDER / f"{generation}.toml", text(generation, found, served)
        if check:
            wrong += path.read_text(encoding="utf-8") != made
        else:
            path.write_text(made, encoding="utf-8")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
