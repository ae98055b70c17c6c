"""How good the model of speed is: errors, order, choice, saturation and intervals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.constants import term
from scripts.page.headline import Headline
from scripts.speed.choice import at_one_load, grouped, offers, regret, under_limits
from scripts.speed.model import Model
from scripts.speed.rows import read_rows
from scripts.speed.splits import SPLITS, kept_fits, unseen

if TYPE_CHECKING:
    from collections.abc import Hashable

    from planner.units import Bools, Floats
    from scripts.speed.choice import Offers
    from scripts.speed.rows import Row
    from scripts.speed.splits import Unseen

#: a first token as late as this, and so much later than at half the load, tells of a full cache
_LATE_S, _LATER = 2.5, 3.0
#: layouts of a group whose order is judged
_FEW = 3
NAME = "speed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Measured servers, and predictions that had not seen their like, by split."""

    model: Model
    splits: dict[str, Unseen]

    @property
    def near(self) -> Unseen:
        """Other layouts, boards and models seen, this layout not."""
        return self.splits["layout"]


def judge() -> Judged:
    """All rows."""
    model, fits = Model(read_rows()), kept_fits()
    return Judged(model=model, splits={name: unseen(model, name, fits[name]) for name in SPLITS})


def error(predicted: Floats, measured: Floats) -> float:
    """Mean absolute error, percent."""
    return float(100 * np.abs(predicted / measured - 1).mean())


def full(judged: Judged) -> Bools:
    """Rows whose first tokens were measured to wait for room."""
    return late(judged.model.rows, judged.model.ttft_s)


def late(rows: list[Row], ttft_s: Floats) -> Bools:
    """First tokens that tell of a full cache: late, and far later than with half of the users."""
    seen: dict[Hashable, list[float]] = defaultdict(list)
    for row, seconds in zip(rows, ttft_s.tolist(), strict=True):
        seen[_server(row), row.users].append(seconds)
    half = [np.mean(seen.get((_server(row), row.users // 2), [np.inf])) for row in rows]
    return np.asarray((ttft_s > _LATE_S) & (ttft_s > _LATER * np.array(half)))


def _server(row: Row) -> Hashable:
    return row.layout, row.version, row.means


def spearman(first: Floats, second: Floats) -> float:
    """Correlation of ranks."""
    ranks = [np.argsort(np.argsort(each)).astype(float) for each in (first, second)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def order(rows: list[Row], predicted: Floats, measured: Floats) -> float:
    """Mean correlation of ranks of TPOT over the layouts at one load."""
    groups = at_one_load(rows, _FEW)
    return float(np.mean([spearman(predicted[g], measured[g]) for g in groups]))


def order_of_throughput(found: Offers) -> float:
    """Mean correlation of ranks of throughput over all layouts and loads with as many GPUs.

    At one load such layouts lie closer together than two runs of one do.
    """
    predicted = found.offered.output_tokens_per_s.mid / found.offered.gpus
    groups = grouped(found.rows, np.arange(len(found.rows)), lambda row: row.gpus)
    return float(np.mean([spearman(predicted[g], found.measured[g]) for g in groups]))


def coverage(judged: Judged, split: str, figure: str) -> float:
    """Rows within the interval that an answer would state, percent."""
    basis = "measured" if split == "layout" else "calibrated"
    span = term("speed_error", (0, 33), "other", "v1")[f"{figure}_{basis}"]
    at = judged.splits[split]
    ratio = getattr(judged.model, f"{figure}_s") / getattr(at, f"{figure}_s")
    here = ratio[~at.saturated] if figure == "ttft" else ratio
    return float(100 * np.mean((here >= span.low) & (here <= span.high)))


def saturation(truth: Bools, said: Bools) -> tuple[float, float]:
    """Recall and precision of what is said of rows whose first tokens waited for room."""
    hit = float((truth & said).sum())
    return hit / max(truth.sum(), 1), hit / max(said.sum(), 1)


def speed_headlines(judged: Judged) -> list[Headline]:
    """What is promised, with its goal and limit."""
    model, near = judged.model, judged.near
    calm = ~(full(judged) | near.saturated)
    found = offers(model, near)
    first, fewest = regret(found)
    kept, broken = under_limits(found)
    flagged = saturation(full(judged), near.saturated)
    told = saturation(full(judged), late(model.rows, near.ttft_s))
    tpot = {name: error(at.tpot_s, model.tpot_s) for name, at in judged.splits.items()}
    lower = (
        ("TPOT, layout unseen, mean error, %", tpot["layout"], 8.5, 9.0),
        ("TPOT, board unseen, mean error, %", tpot["board"], 9.5, 9.5),
        ("TPOT, model unseen, mean error, %", tpot["model"], 15, 12),
        ("TTFT where nobody waits for room, mean error, %",
         error(near.ttft_s[calm], model.ttft_s[calm]), 20, 24),
        ("regret of the first choice, %", first, fewest / 2, 0.5),
        ("limits of TPOT broken by over a tenth, %", broken, 3, 4),
    )  # fmt: skip
    spans = {s: coverage(judged, s, "tpot") for s in SPLITS}
    higher = (
        ("order of TPOT over layouts, Spearman",
         order(model.rows, near.tpot_s, model.tpot_s), 0.96, 0.9),
        ("order of throughput, as many GPUs, Spearman", order_of_throughput(found), 0.95, 0.97),
        ("throughput kept under limits of TPOT, %", kept, 97, 94),
        ("full KV cache, as an answer says it, recall", flagged[0], 0.9, 0.85),
        ("full KV cache, as an answer says it, precision", flagged[1], 0.85, 0.7),
        ("full KV cache, as late first tokens tell it, recall", told[0], 0.9, 0.85),
        ("full KV cache, as late first tokens tell it, precision", told[1], 0.85, 0.7),
        ("TPOT within its interval, layout unseen, %", spans["layout"], 75, 75),
        ("TPOT within its interval, board unseen, %", spans["board"], 75, 75),
        ("TPOT within its interval, model unseen, %", spans["model"], 75, 75),
        ("rows answered, %", 100 * float(np.isfinite(near.tpot_s).mean()), 100, 100),
    )  # fmt: skip
    return [
        Headline(name=f"{NAME}: {name}", value=round(value, 2), goal=round(goal, 2), limit=limit,
                 higher_is_better=better)
        for rows, better in ((lower, False), (higher, True))
        for name, value, goal, limit in rows
    ]  # fmt: skip
