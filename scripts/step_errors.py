"""Timed steps of own runs against the speed model, as a table: milliseconds and percent.

Usage: ``python -m scripts.step_errors tests/data/h200_runs 1xH200``
"""

from __future__ import annotations

import csv
import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.layout import Layouts
from planner.request import request
from planner.resolve import resolve, table
from planner.speed.step import Batch, step_time
from scripts import markdown
from scripts.predicted_runs import RELEASE

if TYPE_CHECKING:
    from planner.speed.pace import Server

#: half of the tokens that were decoded while a batch was timed
_DECODED = 20
#: vLLM's own default, where the planner would choose more
_UTILIZATION = 0.92


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _server(model: str, options: str, gpus: str) -> Server:
    given = {flag[2:].replace("-", "_"): value for flag, value in json.loads(options).items()}
    asked = request(
        model=model,
        gpus=gpus,
        offline=True,
        calibration=False,
        vllm_version=RELEASE,
        **{"gpu_memory_utilization": _UTILIZATION, **given},
    )
    subject, one = resolve(asked, {}), np.ones(1, dtype=np.int64)
    layouts = Layouts(tp=one, pp=one, dp=one, dcp=one, ep=np.zeros(1, dtype=bool))
    return table(subject, subject.groups[0], layouts).server


def _seconds(server: Server, point: dict[str, str]) -> float:
    """One step of a batch that decodes, or of one prompt."""
    decode = float(point["batch"]) if point["kind"] == "decode" else 0.0
    context = float(point["context_tokens"] or 0) + _DECODED
    prompt = float(point["tokens"] or 0)
    sizes = (decode, context, prompt, prompt / 2, float(point["batch"]))
    batch = Batch(
        **dict(
            zip(
                ("decode", "context", "prefill", "span", "sampled"),
                (np.array([[size]]) for size in sizes),
                strict=True,
            )
        )
    )
    return float(step_time(server.work, server.engine, batch).total[0, 0])


def main() -> None:
    """Read both tables, print one."""
    folder, gpus = Path(sys.argv[1]), sys.argv[2]
    runs = {run["case"]: run for run in _read(folder / "runs.csv")}
    rows = []
    for point in _read(folder / "speed.csv"):
        run, measured = runs[point["case"]], float(point["seconds"])
        told = _seconds(_server(run["model"], run["options"], gpus), point)
        tokens = point["tokens"] or point["context_tokens"]
        times = (
            f"{1000 * measured:.1f}",
            f"{1000 * told:.1f}",
            f"{100 * (told / measured - 1):+.0f}",
        )
        rows.append([point["case"], point["kind"], point["batch"], tokens, *times])
    head = ["case", "step", "batch", "tokens", "measured ms", "predicted ms", "%"]
    print(*markdown.table(head, rows), sep="\n")


if __name__ == "__main__":
    main()
