"""Measured kernels of tests/data/speed/operations.csv."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from scripts.speed.rows import FOLDER

POINTS = FOLDER / "operations.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measured operation."""

    board: str
    operation: str
    format: str
    shape: tuple[float, ...]
    seconds: float


def read_points() -> list[Point]:
    """Every operation that was carried over, but those of modules that hold several."""
    with POINTS.open(encoding="utf-8", newline="") as lines:
        return [
            Point(
                board=row["board"],
                operation=row["operation"],
                format=row["format"],
                shape=tuple(map(float, row["shape"].split())),
                seconds=float(row["microseconds"]) * 1e-6,
            )
            for row in csv.DictReader(lines)
            if row["operation"] != "latent_decode"
        ]
