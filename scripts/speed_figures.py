"""How good the model of speed is: errors, order, choice, saturation and intervals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.constants import term
from scripts.headline import Headline
from scripts.speed_fit import Model
from scripts.speed_rows import read_rows
from scripts.speed_splits import SPLITS, kept_fits, unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from planner.units import Bools, Floats, Ints
    from scripts.speed_rows import Row
    from scripts.speed_splits import Unseen

#: a first token as late as this, and so much later than without a queue, tells of a full cache
_LATE_S, _LATER = 2.5, 3.0
#: layouts of a group whose order is judged
_FEW = 3
LIMITS_S = (0.01, 0.015, 0.02, 0.03, 0.05)
_BROKEN = 1.1
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
    """Rows whose requests were measured to wait for room: late, far beyond other queues."""
    at = judged.near
    alone = judged.model.at({}).ttft_alone_s[0]
    late: Bools = (judged.model.ttft_s > _LATE_S) & (judged.model.ttft_s > _LATER * alone)
    return late & np.isfinite(at.ttft_s)


def grouped(rows: list[Row], key: Callable[[Row], Hashable]) -> Iterator[Ints]:
    """Rows that are compared with each other."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[key(row)].append(number)
    yield from (np.array(members) for members in groups.values())


def _load(row: Row) -> Hashable:
    return row.model, row.board, row.input_tokens, row.output_tokens, row.users, row.version


def _kind(row: Row) -> Hashable:
    return row.model, row.board, row.input_tokens, row.output_tokens


def spearman(first: Floats, second: Floats) -> float:
    """Correlation of ranks."""
    ranks = [np.argsort(np.argsort(each)).astype(float) for each in (first, second)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def order(judged: Judged) -> float:
    """Mean correlation of ranks of TPOT over the layouts at one load."""
    predicted, measured = judged.near.tpot_s, judged.model.tpot_s
    groups = [g for g in grouped(judged.model.rows, _load) if len(g) >= _FEW]
    return float(np.mean([spearman(predicted[g], measured[g]) for g in groups]))


def order_of_throughput(judged: Judged) -> float:
    """Mean correlation of ranks of throughput over all layouts and loads with as many GPUs.

    At one load such layouts lie closer together than two runs of one do.
    """
    predicted, measured = per_gpu(judged)
    groups = grouped(judged.model.rows, lambda row: row.gpus)
    return float(np.mean([spearman(predicted[g], measured[g]) for g in groups]))


def per_gpu(judged: Judged) -> tuple[Floats, Floats]:
    """Output tokens a second and GPU, predicted and measured."""
    rows, at = judged.model.rows, judged.near
    out = np.array([row.output_tokens for row in rows])
    users = np.array([row.users / row.gpus for row in rows])
    measured = np.array([row.tokens_per_s / row.gpus for row in rows])
    return users * out / (at.ttft_s + out * at.tpot_s), measured


def regret(judged: Judged) -> tuple[float, float]:
    """What the first choice leaves of the best measured layout, percent; and fewest GPUs do."""
    predicted, measured = per_gpu(judged)
    gpus = np.array([row.gpus for row in judged.model.rows])
    groups = [g for g in grouped(judged.model.rows, _load) if len(g) > 1]
    lost: tuple[list[float], list[float]] = ([], [])
    for group in groups:
        best = measured[group].max()
        for place, picked in enumerate((predicted[group].argmax(), gpus[group].argmin())):
            lost[place].append(float(1 - measured[group][picked] / best))
    return 100 * float(np.mean(lost[0])), 100 * float(np.mean(lost[1]))


def under_limits(judged: Judged) -> tuple[float, float]:
    """Under limits of TPOT: throughput kept and limits broken by over a tenth, percent.

    Each choice is one of layouts and loads, by the middle of the prediction.
    """
    predicted, measured = per_gpu(judged)
    guess, tpot = judged.near.tpot_s, judged.model.tpot_s
    kept, broken = [], []
    for group in grouped(judged.model.rows, _kind):
        for limit in LIMITS_S:
            good, may = tpot[group] <= limit, guess[group] <= limit
            if not good.any() or not may.any():
                continue
            picked = group[may][predicted[group[may]].argmax()]
            kept.append(min(measured[picked] / measured[group[good]].max(), 1.0))
            broken.append(tpot[picked] > _BROKEN * limit)
    return 100 * float(np.mean(kept)), 100 * float(np.mean(broken))


def coverage(judged: Judged, split: str, figure: str) -> float:
    """Rows within the interval that an answer would state, percent."""
    basis = "measured" if split == "layout" else "calibrated"
    span = term("speed_error", (0, 33), "other", "v1")[f"{figure}_{basis}"]
    at = judged.splits[split]
    ratio = getattr(judged.model, f"{figure}_s") / getattr(at, f"{figure}_s")
    here = ratio[~at.saturated] if figure == "ttft" else ratio
    return float(100 * np.mean((here >= span.low) & (here <= span.high)))


def saturation(judged: Judged) -> tuple[float, float]:
    """Recall and precision of requests that wait for room in the KV cache."""
    truth, said = full(judged), judged.near.saturated
    hit = float((truth & said).sum())
    return hit / max(truth.sum(), 1), hit / max(said.sum(), 1)


def speed_headlines(judged: Judged) -> list[Headline]:
    """What is promised, with its goal and limit."""
    model, near = judged.model, judged.near
    calm = ~(full(judged) | near.saturated)
    first, fewest = regret(judged)
    kept, broken = under_limits(judged)
    recall, precision = saturation(judged)
    tpot = {name: error(at.tpot_s, model.tpot_s) for name, at in judged.splits.items()}
    lower = (
        ("TPOT, layout unseen, mean error, %", tpot["layout"], 8.5, 9.0),
        ("TPOT, board unseen, mean error, %", tpot["board"], 9.5, 9.5),
        ("TPOT, model unseen, mean error, %", tpot["model"], 15, 12),
        ("TTFT where nobody waits for room, mean error, %",
         error(near.ttft_s[calm], model.ttft_s[calm]), 20, 24),
        ("regret of the first choice, %", first, fewest / 2, 2),
        ("limits of TPOT broken by over a tenth, %", broken, 3, 4),
    )  # fmt: skip
    spans = {s: coverage(judged, s, "tpot") for s in SPLITS}
    higher = (
        ("order of TPOT over layouts, Spearman", order(judged), 0.96, 0.9),
        ("order of throughput, as many GPUs, Spearman", order_of_throughput(judged), 0.95, 0.97),
        ("throughput kept under limits of TPOT, %", kept, 97, 94),
        ("full KV cache found, recall", recall, 0.9, 0.85),
        ("full KV cache found, precision", precision, 0.85, 0.7),
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
