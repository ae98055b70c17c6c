"""Fit what kernels reach to measured operations, and write hardware_db/kernels.

Prints each fit with its error.

Usage: ``python -m scripts.speed.fit_kernels [--check]``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planner.case.speed_basis import kinds_of_kernels
from scripts.speed.kernel_fits import PEAKS, fits
from scripts.speed.operations import read_points
from scripts.speed.rows import cases, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.speed.kernel_fits import Fitted

ROOT = Path(__file__).resolve().parents[2]
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
#: what moves activations beside a product's own reading, by kind
PASSING = {"gemm": "quantize_stream", "experts": "pair_stream"}
#: a kernel that reads weights slower than this is one that vLLM would not choose: left out
LEAST_STREAM = 0.5


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
        'note = "written by scripts/speed/fit_kernels.py"',
    ]
    for kind in ("gemm", "experts"):
        for form in sorted({f for operation, f in found if operation == kind}):
            lines += _products(kind, form, found)
    for form in ("bf16", "fp8"):
        lines += _attention(form, found)
    return "\n".join(lines) + "\n"


def _products(kind: str, form: str, found: dict[tuple[str, str], Fitted]) -> Iterator[str]:
    one = found[kind, form]
    floor, efficiency, stream, *passing = one.figures
    if stream < LEAST_STREAM:
        return
    if (kind, form) == ("gemm", "fp8_block"):
        # these were launched one by one: the host's time, which a captured graph does not take
        floor, _, stream, *passing = found[kind, "fp8"].figures
    yield from ("", f"[[{kind}]]", f'format = "{form}"', f'peak = "{PEAKS.get(form, "bf16")}"')
    yield f"floor_s = {floor * 1e6:.2f}e-6"
    yield f"efficiency = {min(efficiency, 1.0):.3f}"
    yield f"stream = {stream:.3f}"
    for share in passing:
        yield f"{PASSING[kind]} = {share:.3f}"
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
