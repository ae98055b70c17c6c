"""The section on speed of the accuracy page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scripts.markdown import table
from scripts.speed.ceiling import ceilings, wrong_pairs
from scripts.speed.choice import offers, regret
from scripts.speed.figures import coverage, error, full
from scripts.speed.splits import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.speed.figures import Judged

_INTRODUCTION = """
Servers that were measured under load (`tests/data/speed/README.md`), held against predictions by
constants that were fitted without them: without other loads of the same layout, without any row of
the same board, or without any of the same family of models. The structure of the model was chosen
with these rows in sight, so this is no forecast for new ones. Two rows of one server differ by 2 %
of TPOT and 5 % of TTFT; two releases of vLLM by 6 %.
"""
_CEILING = """
What the same choices reach where the prediction is the measurement itself, with as much noise as
two runs of a server have, two releases of vLLM, and about the model:
"""
_MISSED = (
    "Runs of one server, by its name and release, differ by a quarter in places. First tokens that "
    "wait for room are missed on servers whose KV cache seems smaller than their published options "
    "make it."
)
_OTHERS = """
What other predictors publish of themselves, or others of them, each on data of its own, so that the
figures cannot be compared to the digit.
"""
#: predictor, TPOT, TTFT, who says so
_PUBLISHED = (
    ("aiconfigurator 0.12.0", "12.6 to 13.8 %, mean", "35 %, mean",
     "measured on InferenceX rows of this kind; its own tables of operations: 2 to 5 %"),
    ("aiconfigurator 0.9.0", "25 %, median", "650 %, median", "the authors of BLIS"),
    ("BLIS", "7.1 %, median", "17.6 %, median", "its authors, 36 runs of vLLM 0.15"),
    ("LLMServingSim 1.1", "21.8 %, median", "72 %, median", "the authors of BLIS, 32 runs"),
    ("KernelSight-LM", "12.8 %, median", "15.4 %, median", "its authors, boards unseen"),
    ("Vidur", "below 9 % of latency", "", "its authors"),
    ("llm-optimizer", "39 to 65 % of latency", "", "the authors of BLIS"),
    ("GenZ", "5.8 %, geometric mean", "", "its authors, static batches"),
)  # fmt: skip


def speed_section(judged: Judged) -> Iterator[str]:
    """Errors by what the fit had not seen, by model and board, and beside others'."""
    yield from ("## Speed", _INTRODUCTION)
    yield from table(
        ["unseen", "rows", "TPOT, mean %", "median %", "in interval %", "TTFT, mean %",
         "median %", "in interval %"],
        (_split(judged, split) for split in SPLITS),
    )  # fmt: skip
    first, fewest = regret(offers(judged.model, judged.near))
    choice = (
        f"The first choice at a load leaves {first:.3f} % of the best measured throughput for each "
        f"GPU; the rule to take the fewest GPUs leaves {fewest:.3f} %. The first choice is made by "
        "`planner/rank`, as answers are, among the layouts that were measured."
    )
    yield from ("", choice, _CEILING)
    head = ["noise of TPOT", "order over layouts", "regret, %", "throughput kept, %"]
    yield from table(head, ceilings(judged))
    wrong, every, gap = wrong_pairs(judged)
    pairs = f"Of {every} pairs of layouts at one load {wrong} stand in the wrong order of TPOT; "
    yield from ("", f"{pairs}half of these differ by less than {gap:.0f} %. {_MISSED}", "")
    yield from ("### By model and board, layout unseen", "")
    yield from table(["model", "board", "rows", "TPOT, mean %", "TTFT, mean %"], _kinds(judged))
    yield from ("", "### Other predictors", _OTHERS)
    yield from table(["predictor", "TPOT", "TTFT", "who says so"], _PUBLISHED)


def _split(judged: Judged, split: str) -> list[str]:
    at, model = judged.splits[split], judged.model
    calm = ~(full(judged) | at.saturated)
    tpot = 100 * np.abs(at.tpot_s / model.tpot_s - 1)
    ttft = 100 * np.abs(at.ttft_s / model.ttft_s - 1)[calm]
    return [
        split,
        f"{len(tpot):,}",
        f"{tpot.mean():.1f}",
        f"{np.median(tpot):.1f}",
        f"{coverage(judged, split, 'tpot'):.0f}",
        f"{ttft.mean():.1f}",
        f"{np.median(ttft):.1f}",
        f"{coverage(judged, split, 'ttft'):.0f}",
    ]


def _kinds(judged: Judged) -> Iterator[list[str]]:
    rows, near, model = judged.model.rows, judged.near, judged.model
    calm = ~(full(judged) | near.saturated)
    for name, board in sorted({(row.model, row.board) for row in rows}):
        here = np.array([(row.model, row.board) == (name, board) for row in rows])
        tpot = error(near.tpot_s[here], model.tpot_s[here])
        ttft = error(near.ttft_s[here & calm], model.ttft_s[here & calm])
        yield [name, board, str(here.sum()), f"{tpot:.1f}", f"{ttft:.1f}"]
