"""What a perfect model would reach where measurements are repeated with some noise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scripts.speed_choice import offers, regret, under_limits
from scripts.speed_figures import order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.speed_figures import Judged

#: deviations of TPOT: of two runs of one server, of two releases, and near the model's own error
NOISES = (0.02, 0.06, 0.08)
#: a first token varies so much more
_MORE = 2.0
_DRAWS = 5


def ceilings(judged: Judged) -> Iterator[list[str]]:
    """A row for each noise: order of TPOT, regret of the first choice, throughput kept."""
    for noise in NOISES:
        drawn = np.mean([_drawn(judged, noise, seed) for seed in range(_DRAWS)], axis=0)
        yield [f"{100 * noise:.0f} %", *(f"{figure:.2f}" for figure in drawn)]


def _drawn(judged: Judged, noise: float, seed: int) -> tuple[float, float, float]:
    model, draw = judged.model, np.random.default_rng(seed)
    first, further = draw.standard_normal((2, len(model.rows)))
    seen = replace(
        judged.near,
        tpot_s=model.tpot_s * np.exp(noise * further),
        ttft_s=model.ttft_s * np.exp(_MORE * noise * first),
    )
    found = offers(model, seen)
    ranks = order(model.rows, seen.tpot_s, model.tpot_s)
    return ranks, regret(found)[0], under_limits(found)[0]
