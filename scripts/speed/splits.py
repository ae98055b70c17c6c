"""Predictions of rows that the fit has not seen: by layout, board and model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scripts.speed.rows import FOLDER

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from planner.units import Bools, Floats, Ints
    from scripts.speed.model import Model
    from scripts.speed.rows import Row

#: the constants of each fold, so that nobody has to fit anew to see how far they carry
KEPT = FOLDER / "unseen_fits.json"
FOLDS = 5
SPLITS = ("layout", "board", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Predictions of each row by constants that were fitted without its like: Float64[rows]."""

    ttft_s: Floats
    tpot_s: Floats
    running: Floats
    saturated: Bools


def family(model: str) -> str:
    """Models that are one apart from their number format: the name up to the first digits."""
    name = model.rpartition("/")[2].lower()
    return name.partition("-")[0]


def fold_of(rows: Sequence[Row], split: str) -> Ints:
    """Which fold each row is left out in."""
    keys: list[Hashable]
    if split == "layout":
        keys = [row.layout for row in rows]
    elif split == "board":
        keys = [row.board for row in rows]
    else:
        keys = [family(row.model) for row in rows]
    known = sorted(set(keys), key=str)
    number = {key: place for place, key in enumerate(known)}
    folds = np.array([number[key] for key in keys])
    return folds % FOLDS if split == "layout" else folds


def fits(model: Model, split: str) -> list[dict[str, float]]:
    """The constants of each fold, fitted without its rows."""
    folds = fold_of(model.rows, split)
    return [model.fit(folds != fold) for fold in range(int(folds.max()) + 1)]


def kept_fits() -> dict[str, list[dict[str, float]]]:
    """The constants of each fold of each split, as scripts/speed/fit_engine.py left them."""
    found: dict[str, list[dict[str, float]]] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def unseen(model: Model, split: str, fitted: Sequence[Mapping[str, float]]) -> Unseen:
    """Each row by the constants of the fold that lacks it."""
    folds = fold_of(model.rows, split)
    found = {name: np.zeros(len(folds)) for name in ("ttft_s", "tpot_s", "running")}
    full = np.zeros(len(folds), dtype=np.bool_)
    for fold, constants in enumerate(fitted):
        here = folds == fold
        times = model.at(constants)
        for name, column in found.items():
            column[here] = getattr(times, name)[0, here]
        full[here] = times.saturated[0, here]
    return Unseen(saturated=full, **found)
