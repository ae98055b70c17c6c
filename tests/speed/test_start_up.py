"""The time a start takes, against starts that were timed and published."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from planner.case.start_up import start_up
from planner.constants import HOPPER, term
from planner.request import request
from planner.resolve import resolve, table
from planner.search import fixed_layout
from planner.speed.start_up import Span, Start, start_up_parts, together
from scripts.memory.fit_terms import source_weights, weighted_quantile

DATA = Path(__file__).resolve().parent.parent / "data" / "start_up" / "runs.csv"
GB = 10**9
#: graphs at vLLM's defaults, where a source does not say: of V1, and of V0
USUAL_GRAPHS, USUAL_GRAPHS_V0 = 86, 35


def runs() -> list[dict[str, str]]:
    with DATA.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def graphs_of(run: dict[str, str], minor: int) -> int:
    usual = USUAL_GRAPHS if minor > 7 else USUAL_GRAPHS_V0
    return int(run["graphs"] or usual)


def parts(run: dict[str, str]) -> dict[str, Span]:
    major, minor = (run["vllm"] or "0.20").split(".")
    constants = term("start_up", (int(major), int(minor)), HOPPER, "v1")
    ranks, eager = int(run["tp"]), run["eager"] == "1"
    start = Start(
        storage=run["storage"],  # type: ignore[arg-type] # checked by the file's test
        loader=run["loader"],
        read_bytes=int(float(run["checkpoint_gb"]) * GB),
        ranks=ranks,
        several=ranks > 1,
        compiled=not eager,
        graphs=0 if eager else graphs_of(run, int(minor)),
        experts=run["experts"] == "1",
        tuned=run["tuned"] == "1",
        built=run["built"] == "1",
        cached={"yes": True, "no": False}.get(run["compile_cached"]),
    )
    spans = {name: Span(low=c.low, mid=c.mid, high=c.high) for name, c in constants.items()}
    return start_up_parts(start, spans)


def errors(column: str) -> tuple[list[float], list[bool], list[str]]:
    """Of each start: the share by which a time is off, whether its span holds it, its source."""
    rows = [run for run in runs() if run[column]]
    spans = [parts(r)["weights"] if column == "weights_s" else together(parts(r)) for r in rows]
    times = [float(run[column]) for run in rows]
    off = [abs(s.mid - t) / t for s, t in zip(spans, times, strict=True)]
    held = [s.low <= t <= s.high for s, t in zip(spans, times, strict=True)]
    return off, held, [run["source"] for run in rows]


def test_reading_of_half_of_the_sources_is_within_30_percent() -> None:
    off, held, sources = errors("weights_s")
    weights = source_weights(sources)
    assert weighted_quantile(off, weights, 0.5) < 0.30
    assert float(weights @ np.array(held)) > 0.75


def test_half_of_the_starts_are_ready_within_30_percent() -> None:
    off, held, sources = errors("ready_s")
    assert np.median(off) < 0.30
    assert np.mean(held) > 0.75
    weights = source_weights(sources)
    assert weighted_quantile(off, weights, 0.5) < 0.30
    assert float(weights @ np.array(held)) > 0.75


def test_dummy_weights_are_not_read() -> None:
    (run,) = [r for r in runs() if r["source"].endswith("qwen25-7b.log")]
    assert parts(run)["weights"].high == 0


@pytest.mark.parametrize(
    ("model", "board", "named"),
    [
        ("nvidia/Qwen3-30B-A3B-NVFP4", "B200", {"tuning"}),
        ("nvidia/Qwen3-30B-A3B-NVFP4", "H100", set()),
        ("Qwen/Qwen3-30B-A3B-FP8", "H100", {"kernels"}),
        ("Qwen/Qwen3-30B-A3B-FP8", "A100", set()),
        ("Qwen/Qwen3-30B-A3B", "B200", set()),
    ],
)
def test_kernels_are_tuned_and_built_by_format_and_board(
    model: str, board: str, named: set[str]
) -> None:
    asked = request(model=model, gpus=board, offline=True, calibration=False)
    subject = resolve(asked, {})
    case = table(subject, subject.groups[0], fixed_layout(asked.pinned))
    found = start_up(case, 0, "nvme")
    assert found.keys() & {"tuning", "kernels"} == named
    again = start_up(case, 0, "page-cache")
    assert all(again[name].mid < 10 for name in named)


def test_graphs_of_experts_take_longer() -> None:
    runs_of = {run["source"].rpartition(": ")[2]: run for run in runs()}
    dense, experts = (parts(runs_of[f"{n}.log"])["graphs"] for n in ("qwen25-7b", "dsv2-lite"))
    assert experts.mid > 2 * dense.mid


def test_spreads_add_as_squares() -> None:
    whole = together({"a": Span(low=1, mid=4, high=8), "b": Span(low=2, mid=6, high=9)})
    assert (whole.low, whole.mid, whole.high) == (5, 10, 15)
