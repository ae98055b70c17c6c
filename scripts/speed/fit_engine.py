"""Fit what kernels and the host take in a running engine, and how far predictions are off.

Reads the measured servers of tests/data/speed, and writes planner/constants_data/speed.toml and
speed_error.toml. Prints each constant against where it was held to, and the errors on rows that
the fit had not seen.

Usage: ``python -m scripts.speed.fit_engine``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scripts.speed.model import PRIORS, Model
from scripts.speed.rows import read_rows
from scripts.speed.splits import KEPT, SPLITS, Unseen, fits, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.units import Floats

FOLDER = Path(__file__).resolve().parents[2] / "planner" / "constants_data"
DATE = "2026-12-01"
SOURCE = (
    "InferenceX runs of vLLM 0.11 to 0.19 (tests/data/speed/served.csv), "
    "scripts/speed/fit_engine.py"
)
HEAD = """\
# What kernels and the host take in a running engine, for planner/speed: factors on the figures that
# hardware_db/kernels gives for kernels alone, and seconds of what no table has. Low and high are
# the ends over fits without some of the layouts. Written by scripts/speed/fit_engine.py.
"""
ERROR_HEAD = """\
# How far predictions of planner/speed are off: 10th percentile, median and 90th percentile of
# measured over predicted, on rows whose like the fit had not seen.
# Written by scripts/speed/fit_engine.py.
"""
#: what was read off other data, or guessed: name, low, mid, high, unit, source
READ = (
    (
        "stage_bubble",
        (0.03, 0.1, 0.2),
        "share of a step for each stage after the first",
        "TRT-LLM throughput of a 70B model over 1 to 8 stages on RTX PRO 6000",
    ),
    (
        "acceptance_rate",
        (0.4, 0.7, 0.9),
        "chance that a drafted token is accepted, where nobody says",
        "inferred: what EAGLE and layers of multi-token prediction reach on chat",
    ),
)
#: extrapolations err as those of unseen models and boards do, and this much more; inferred
FURTHER = 1.8


def entry(name: str, ends: Sequence[float], unit: str, source: str, points: int) -> str:
    """One constant of a file."""
    low, mid, high = ends
    lines = (
        "",
        "[[constant]]",
        f'name = "{name}"',
        f"low = {low:.4g}",
        f"mid = {mid:.4g}",
        f"high = {high:.4g}",
        f'unit = "{unit}"',
        f'source = "{source}"',
        f"date = {DATE}",
        *([f"points = {points}"] if points else []),
    )
    return "\n".join(lines) + "\n"


def constants(fitted: Mapping[str, float], others: Sequence[Mapping[str, float]], rows: int) -> str:
    """The file of constants."""
    made = [HEAD]
    for name, value in fitted.items():
        tried = [value, *(each[name] for each in others)]
        unit = "seconds" if name.endswith("_s") else "factor"
        made.append(entry(name, (min(tried), value, max(tried)), unit, SOURCE, rows))
    made += [entry(name, ends, unit, source, 0) for name, ends, unit, source in READ]
    return "".join(made)


def ratios(model: Model, predicted: Unseen) -> dict[str, Floats]:
    """Measured over predicted, by figure; a time to the first token only where nobody waits."""
    apart = ~predicted.saturated
    out = np.array([row.output_tokens for row in model.rows])
    measured_s = model.ttft_s + out * model.tpot_s
    predicted_s = predicted.ttft_s + out * predicted.tpot_s
    return {
        "ttft": (model.ttft_s / predicted.ttft_s)[apart],
        "tpot": model.tpot_s / predicted.tpot_s,
        "throughput": predicted_s / measured_s,
    }


def errors(model: Model, splits: Mapping[str, Unseen]) -> str:
    """The file of errors: layouts unseen, models and boards unseen, and further away."""
    near = ratios(model, splits["layout"])
    others = [ratios(model, splits[name]) for name in ("board", "model")]
    made = [ERROR_HEAD]
    for figure, known in near.items():
        far = np.concatenate([each[figure] for each in others])
        spans = {"measured": known, "calibrated": far, "extrapolated": far}
        for basis, found in spans.items():
            ends = np.quantile(found, (0.1, 0.5, 0.9))
            wide = ends ** (FURTHER if basis == "extrapolated" else 1.0)
            ends = np.array([min(wide[0], 1.0), ends[1], max(wide[2], 1.0)])
            points = 0 if basis == "extrapolated" else len(found)
            unit = "measured over predicted"
            made.append(entry(f"{figure}_{basis}", ends.tolist(), unit, SOURCE, points))
    return "".join(made)


def report(
    model: Model, fitted: Mapping[str, float], splits: Mapping[str, Unseen]
) -> Iterator[str]:
    """What the fit did."""
    for name, value in fitted.items():
        yield f"{name:18} {value:10.4g}  {value / PRIORS[name][0]:5.2f} of its prior"
    for name, found in splits.items():
        for figure, ratio in ratios(model, found).items():
            off = 100 * np.abs(1 / ratio - 1)
            middle = np.median(off)
            yield f"{name:8} unseen: {figure:10} {off.mean():5.1f} %, median {middle:5.1f} %"


def rounded(
    folds: Mapping[str, Sequence[Mapping[str, float]]],
) -> dict[str, list[dict[str, float]]]:
    """The same with as many digits as matter."""
    return {
        name: [{key: float(f"{value:.5g}") for key, value in each.items()} for each in found]
        for name, found in folds.items()
    }


def main() -> None:
    """Fit, write and tell."""
    model = Model(read_rows())
    fitted = model.fit(np.ones(len(model.rows), dtype=np.bool_))
    folds = {name: fits(model, name) for name in SPLITS}
    KEPT.write_text(json.dumps(rounded(folds), indent=1) + "\n", encoding="utf-8")
    splits = {name: unseen(model, name, folds[name]) for name in SPLITS}
    made = constants(fitted, folds["layout"], len(model.rows))
    (FOLDER / "speed.toml").write_text(made, encoding="utf-8")
    (FOLDER / "speed_error.toml").write_text(errors(model, splits), encoding="utf-8")
    for line in report(model, fitted, splits):
        print(line)


if __name__ == "__main__":
    main()
