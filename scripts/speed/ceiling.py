"""What a perfect model would reach where runs differ by some noise, and what ours has wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from scripts.speed.choice import at_one_load, offers, regret, under_limits
from scripts.speed.figures import order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.speed.figures import Judged

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


def wrong_pairs(judged: Judged) -> tuple[int, int, float]:
    """Pairs of layouts at one load in wrong order, all pairs, and how far the wrong ones differ.

    The last is the median of measured TPOT, percent.
    """
    model, gaps, every = judged.model, [], 0
    logs = np.log([judged.near.tpot_s, model.tpot_s])
    for group in at_one_load(model.rows, 2):
        for one, other in combinations(group.tolist(), 2):
            if model.rows[one].layout == model.rows[other].layout:
                continue
            told, seen = logs[:, one] - logs[:, other]
            every += 1
            if told * seen < 0:
                gaps.append(100 * np.expm1(abs(seen)))
    return len(gaps), every, float(np.median(gaps))
