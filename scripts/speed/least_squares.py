"""Robust least squares of a few positive figures: Gauss-Newton with damping, soft residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.units import Floats

#: residuals beyond this count less and less
SOFT = 0.15
_STEP = 1e-4
_ROUNDS = 40
_DAMPINGS = 8
_ENOUGH = 1e-7


def weighed(residual: Floats) -> Floats:
    """Square roots of the weights of a soft L1 loss."""
    weights: Floats = (1 + (residual / SOFT) ** 2) ** -0.25
    return weights


def loss(residual: Floats) -> float:
    """What is made small."""
    return float(np.sum(SOFT**2 * (np.sqrt(1 + (residual / SOFT) ** 2) - 1)))


def fit(
    residuals: Callable[[Floats], Floats],
    start: Floats,
    spread: Floats,
    *,
    data_weight: float = 1.0,
) -> Floats:
    """The logarithms of the figures that fit best, near ``start`` within ``spread`` (deviations).

    ``residuals`` takes Float64[points of parameters, parameters] and gives
    Float64[points, residuals]: so many sets of figures at once.
    """
    at, damping = start.copy(), 1e-3
    now = residuals(at[None, :])[0]
    best = _objective(now, at, start, spread, data_weight)
    for _ in range(_ROUNDS):
        moved = residuals(at[None, :] + _STEP * np.eye(len(at)))
        slope = (moved - now[None, :]).T / _STEP
        root = weighed(now) * data_weight
        curvature = (slope * root[:, None]).T @ (slope * root[:, None]) + np.diag(spread**-2)
        pull = slope.T @ (root**2 * now) + (at - start) * spread**-2
        before = best
        for _ in range(_DAMPINGS):
            step = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), -pull)
            step = np.clip(step, -1.0, 1.0)
            tried = residuals((at + step)[None, :])[0]
            value = _objective(tried, at + step, start, spread, data_weight)
            if value < best:
                at, now, best, damping = at + step, tried, value, damping / 4
                break
            damping *= 6
        if before - best < _ENOUGH * max(before, 1.0):
            break
    return at


def _objective(
    residual: Floats, at: Floats, start: Floats, spread: Floats, data_weight: float
) -> float:
    return data_weight**2 * loss(residual) + 0.5 * float(np.sum(((at - start) / spread) ** 2))
